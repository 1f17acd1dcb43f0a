"""Whom a notice is for, as channels need to know: the official with his own addresses and his group's."""

from collections.abc import Collection, Mapping
from datetime import date

from notifiers.choose import Addressee
from xiaohao.ledger import posts
from xiaohao.ledger.posts import Official
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Channel


def addressees(r: Reading, official_ids: Collection[int | None], on: date) -> Mapping[int, Addressee]:
    """The officials of these ids as addressees, by id; groups as of the day `on`."""
    ids = {each for each in official_ids if each is not None}
    if not ids:
        return {}
    own, groups = posts.contacts(r, ids), posts.group_contacts(r, ids, on)
    return {
        official.id: addressee(official, own.get(official.id, {}), groups.get(official.id, {}))
        for official in posts.officials(r, ids).values()
    }


def addressee(official: Official, own: Mapping[Channel, str], group: Mapping[Channel, str]) -> Addressee:
    """An official with his own addresses and his group's."""
    return Addressee(
        code=official.code,
        name=official.name,
        mobile=official.mobile,
        email=official.email,
        contacts=own,
        group_contacts=group,
    )
