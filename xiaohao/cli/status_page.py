"""What an operator looks at first: lights by unit, missed nights, what nobody was told, vacant posts."""

from collections.abc import Iterable
from typing import Any

from xiaohao.actions.status import StatusView
from xiaohao.cli.screen import Screen
from xiaohao.ledger.rounds import Round
from xiaohao.rules.business_date import ZONE
from xiaohao.vocabulary import FaultKind, StepKind

MOST_SHOWN = 20


def show(s: Screen, view: StatusView) -> None:
    """The whole page."""
    s.facts(_facts(view))
    lights(s, view)
    untold(s, view)
    unanswered(s, view)
    vacancies(s, view)
    first = sorted(view.faults, key=lambda x: x.kind not in (FaultKind.WATCH, FaultKind.TRAIL))
    faults = [(x.kind, x.message, x.found_on) for x in first]
    if faults:
        s.head("需要处理")
        s.table(("事项", "说明", "发现日期"), faults[:MOST_SHOWN])


def lights(s: Screen, view: StatusView) -> None:
    """A line for each unit directly under the district, and the sum."""
    if not view.lights:
        return
    s.head("各单位亮灯")
    counts = ("open", "green", "yellow", "red", "suspended", "applied", "closed")
    rows = [(x.unit, *(getattr(x, name) for name in counts)) for x in view.lights]
    total = ("合计", *(sum(getattr(x, name) for x in view.lights) for name in counts))
    s.table(("单位", "未销号", "绿", "黄", "红", "中止", "待复核", "昨夜销号"), [*rows, total])


def untold(s: Screen, view: StatusView) -> None:
    """Steps that nobody could be told of."""
    if not view.untold_problems:
        return
    s.head(f"尚未通知（{len(view.untold_problems)} 件）")
    s.table(
        ("编号", "问题", "责任单位", "事项", "日期"),
        [
            (
                x.number,
                x.title,
                x.unit,
                f"{x.level}级督办" if x.step is StepKind.ESCALATION else x.step,
                x.crossed_on,
            )
            for x in view.untold_problems[:MOST_SHOWN]
        ],
    )


def unanswered(s: Screen, view: StatusView) -> None:
    """Who was reached and has not pressed 已阅."""
    if view.unanswered:
        s.head(f"已送达、逾期未阅（{len(view.unanswered)} 份）")
        s.table(("收件人", "业务日期"), view.unanswered[:MOST_SHOWN])


def vacancies(s: Screen, view: StatusView) -> None:
    """Posts that nobody holds, or soon nobody."""
    if view.vacancies:
        s.head(f"岗位空缺（{len(view.vacancies)} 个，通知逐级上报）")
        s.table(
            ("单位", "职务", "空缺前最后一天"), [(v.unit, v.role, v.last_held_on) for v in view.vacancies]
        )
    if view.foretold:
        s.head("三十天内将要空缺")
        s.table(
            ("单位", "职务", "现任", "任职到"),
            [(f.unit, f.role, f.official, f.last_day) for f in view.foretold],
        )


def _facts(view: StatusView) -> Iterable[tuple[str, Any]]:
    yield "最近一次夜间运行", view.last_night or "还没有运行过"
    if view.missed:
        last = f" 至 {view.missed[-1]}" if len(view.missed) > 1 else ""
        yield "漏跑", f"{len(view.missed)} 天：{view.missed[0]}{last}"
    else:
        yield "漏跑", "没有"
    n = view.notices
    yield "通知", f"待发 {n.waiting}，暂缓 {n.held}，存疑 {n.uncertain}，未送达 {n.dead}"
    yield "尚未通知", f"{view.untold} 项" if view.untold else "没有"
    yield "巡查", _round(view.last_watch, "发现 {} 项不正常")
    yield "心跳", _at(view.last_heartbeat)
    yield "留痕核对", _round(view.last_verification, "发现 {} 处不符")
    for each in view.unannounced:
        yield (
            f"{each.year} 年日历",
            f"还没有公布，{each.problems} 件未销号问题的时限在这一年，按周一至周五和法定节假日暂算；"
            "公布后启用新的日历，会重新计算",
        )


def _at(last: Round | None) -> str:
    return "还没有过" if last is None else f"{last.at.astimezone(ZONE):%Y-%m-%d %H:%M}（业务日期 {last.on}）"


def _round(last: Round | None, found: str) -> str:
    if last is None:
        return _at(last)
    return f"{_at(last)}，{found.format(last.findings) if last.findings else '正常'}"
