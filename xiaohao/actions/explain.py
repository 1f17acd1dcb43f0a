"""说明: how a problem's deadline and next steps come about, each day skipped and why."""

from datetime import date

from xiaohao.errors import Refused
from xiaohao.ledger import posts, problems, units
from xiaohao.ledger.problems import Case
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.explanation import Explanation
from xiaohao.rules.reasons import District, Reasons
from xiaohao.vocabulary import RectificationClass


def explain(ledger: Ledger, number: str, *, on: date) -> Explanation:
    """Explain a problem as of the day `on`; who is told is judged by the holdings as they are
    written down now.

    Raises NotFound, and Refused where its timetable cannot be worked out.
    """
    with ledger.reading() as r:
        case = problems.find(r, number, lock=False)
        clock = case.clock
        rules = r.rules(clock.policy_id, clock.calendar_version)
        officials = {each.id: (each.code, each.name) for each in posts.officials(r).values()}
        district = District(posts.org(r), {row.id: row.name for row in units.all_units(r)}, officials)
    try:
        return _explained(Reasons(clock, rules, case.known, on), case, district)
    except (ArithmeticError, LookupError, ValueError) as error:
        raise Refused(
            f"问题 {case.number} 的时间表算不出：{error}。请核对它的整改时限、督办规则和工作日历。台账没有变化。"
        ) from error


def _explained(reasons: Reasons, case: Case, district: District) -> Explanation:
    clock = case.clock
    return Explanation(
        number=case.number,
        title=case.row["title"],
        unit=case.unit_name,
        on=reasons.on,
        rectification_class=RectificationClass(clock.rectification_class),
        status=clock.status,
        light=clock.light,
        level=clock.level,
        found_on=case.row["found_on"],
        registered_on=clock.registered_on,
        started_on=clock.started_on,
        policy=clock.policy_id,
        calendar=clock.calendar_version,
        deadline=reasons.deadline(case.row["limit_text"]),
        review=reasons.review(),
        take_up=reasons.take_up(),
        steps=reasons.steps(),
        next=reasons.next(district, int(case.row["unit_id"])),
        notes=tuple(reasons.notes()),
    )
