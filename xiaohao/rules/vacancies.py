"""Which posts are vacant on a day: those written down, and those that the policy asks of a kind of unit."""

from collections.abc import Collection, Mapping
from datetime import date

from xiaohao.rules.ladder import Org
from xiaohao.rules.policy import LADDER
from xiaohao.vocabulary import Role, UnitKind

Post = tuple[int, Role]


def vacant(
    org: Org, posts: Collection[Post], required: Mapping[UnitKind, Collection[Role]], on: date
) -> list[Post]:
    """The posts without a holding on the day `on`, as (unit, role), by unit and rank.

    `posts` are those written down, `required` the roles that a kind of unit must have
    (`[posts]` of the policy; DESIGN section 3).
    """
    asked = {(unit, role) for unit, kind in org.kinds.items() for role in required.get(kind, ())}
    empty = [post for post in asked | set(posts) if org.seat(*post, on) is None]
    return sorted(empty, key=lambda post: (post[0], LADDER.index(post[1])))
