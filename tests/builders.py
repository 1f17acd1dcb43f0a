"""What a small district may have, with good defaults: a test names only what it is about.

Days are ISO text. The district of the tests, with the codes of its units:

    华龙区 HL
    ├── 孟轲乡 MK ── 杨干城村 YGC
    ├── 中原路街道 ZYL ── 静和苑社区 JHY
    └── 区交通运输局 JTJ
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Entered, FaultKind, RectificationClass, Role, Source, UnitKind

UNITS = (
    ("HL", "华龙区", UnitKind.DISTRICT, None),
    ("MK", "孟轲乡", UnitKind.TOWNSHIP, "HL"),
    ("YGC", "杨干城村", UnitKind.VILLAGE, "MK"),
    ("ZYL", "中原路街道", UnitKind.SUBDISTRICT, "HL"),
    ("JHY", "静和苑社区", UnitKind.COMMUNITY, "ZYL"),
    ("JTJ", "区交通运输局", UnitKind.DEPARTMENT, "HL"),
)
"""Code, name, kind, and the code of the unit above."""
VILLAGE = "杨干城村"
TOWNSHIP = "孟轲乡"
DISTRICT = "华龙区"
COMMUNITY = "静和苑社区"
SUBDISTRICT = "中原路街道"
BUREAU = "区交通运输局"


@dataclass(frozen=True)
class APost:
    """A post, held from a day until a day, or vacant."""

    role: Role
    unit: str
    held_by: str | None
    from_on: str
    until_on: str | None


@dataclass(frozen=True)
class ADeputy:
    """An official stands in for the holder of a post; both days inclusive."""

    official: str
    for_role: Role
    unit: str
    from_on: str
    until_on: str


@dataclass(frozen=True)
class AProblem:
    """A problem, known in the test by its external number."""

    number: str
    title: str
    unit: str
    rectification_class: RectificationClass
    found_on: str
    registered_on: str
    entered: Entered
    due_on: str | None
    term: Term | None
    source: Source | None
    measures: Sequence[str]
    co_units: Sequence[str]
    closed_on: str | None


@dataclass(frozen=True)
class FaultOf:
    """A fault of a post, as the driver tells it."""

    kind: FaultKind
    unit: str
    role: Role


def a_post(
    role: Role,
    unit: str | None = None,
    *,
    held_by: str | None = None,
    from_on: str = "2020-01-01",
    until_on: str | None = None,
) -> APost:
    """A post of the village's line: village, township or district by its role, unless a unit is named."""
    usual = {Role.LEADER: TOWNSHIP, Role.SUPERVISOR: DISTRICT}
    return APost(role, unit or usual.get(role, VILLAGE), held_by, from_on, until_on)


def a_deputy(official: str, for_role: Role, unit: str, *, from_on: str, until_on: str) -> ADeputy:
    """A deputy for a post that is held."""
    return ADeputy(official, for_role, unit, from_on, until_on)


def a_problem(
    number: str = "HL-1",
    *,
    title: str = "东门外道路破损",
    unit: str = VILLAGE,
    rectification_class: RectificationClass = RectificationClass.IMMEDIATE,
    found_on: str = "2026-11-02",
    registered_on: str | None = None,
    entered: Entered = Entered.IMPORT,
    due_on: str | None = None,
    term: Term | None = None,
    source: Source | None = None,
    measures: Sequence[str] = (),
    co_units: Sequence[str] = (),
    closed_on: str | None = None,
) -> AProblem:
    """A problem of the village, imported on the day on which it was found."""
    return AProblem(
        number,
        title,
        unit,
        rectification_class,
        found_on,
        registered_on or found_on,
        entered,
        due_on,
        term,
        source,
        measures,
        co_units,
        closed_on,
    )


def the_usual_people() -> tuple[APost, ...]:
    """Everybody who is needed to act and to be told, one a post."""
    return (
        a_post(Role.CLERK, held_by="陈静"),
        a_post(Role.SECRETARY, held_by="王强"),
        a_post(Role.SECRETARY, TOWNSHIP, held_by="赵敏"),
        a_post(Role.LEADER, held_by="李明"),
        a_post(Role.SUPERVISOR, held_by="周正"),
        a_post(Role.SECRETARY, COMMUNITY, held_by="刘芳"),
        a_post(Role.SECRETARY, SUBDISTRICT, held_by="马超"),
        a_post(Role.LEADER, SUBDISTRICT, held_by="孙伟"),
    )


def a_vacant(role: Role, unit: str | None = None) -> FaultOf:
    """The fault that a vacant post leaves."""
    post = a_post(role, unit)
    return FaultOf(FaultKind.VACANT_POST, post.unit, post.role)
