"""What a clerk wants to see after a night: what changed, who was told, what was closed, where everything lies."""

from collections.abc import Sequence

import sqlalchemy as sa

from models.facts import ProblemLine
from xiaohao.actions import night_report
from xiaohao.actions.status import StatusView
from xiaohao.actions.whole_night import Night
from xiaohao.cli import status_page
from xiaohao.cli.screen import Screen
from xiaohao.settings import Settings
from xiaohao.vocabulary import ARRIVED

MOST_SHOWN = 20


def show(
    s: Screen, night: Night, closed: Sequence[ProblemLine], view: StatusView, settings: Settings
) -> None:
    """The whole page, short: lists that are long end with where the rest is."""
    s.line(f"夜间运行　{night_report.headline(night)}。", style="bold")
    if night.missed:
        last = f" 至 {night.missed[-1]}" if len(night.missed) > 1 else ""
        s.line(f"漏跑 {len(night.missed)} 天，这次一并补上：{night.missed[0]}{last}。")
    status_page.lights(s, view)
    told(s, night)
    if night.closed:
        s.head(f"销号（{night.closed} 件）")
        s.table(("编号", "问题", "责任单位"), [(x.number, x.title, x.unit) for x in closed[:MOST_SHOWN]])
    status_page.untold(s, view)
    status_page.vacancies(s, view)
    s.head("存放位置")
    s.facts(places(settings))


def show_rehearsal(s: Screen, night: Night) -> None:
    """What the night would do."""
    s.line(f"试运行　{night_report.headline(night)}。", style="bold")
    if night.missed:
        s.line(f"其中补上漏跑的 {len(night.missed)} 天。")
    told(s, night)
    s.line()
    s.line("这是试运行，没有写入，也没有通知。")


def told(s: Screen, night: Night) -> None:
    """Recipients with their first item, and what became of the notices."""
    if not night.digests:
        return
    s.head(f"通知了谁（{len(night.digests)} 人）")
    s.table(night_report.TOLD_HEADS, night_report.told_rows(night)[:MOST_SHOWN])
    if len(night.digests) > MOST_SHOWN:
        s.line(f"其余 {len(night.digests) - MOST_SHOWN} 人没有列出，用 xiaohao outbox list 查看。")
    if night.sent:
        s.line("，".join(f"{state.label} {count} 份" for state, count in night.sent.items()) + "。")
    if night.sent.keys() - set(ARRIVED):
        for why in night.send_failures[:MOST_SHOWN]:
            s.line(f"  {why}")


def database_shown(settings: Settings) -> str:
    """The file of the database, or its address without a password."""
    address = sa.make_url(settings.database)
    return address.database or "" if address.get_backend_name() == "sqlite" else address.render_as_string()


def places(settings: Settings) -> list[tuple[str, object]]:
    """Where the database, the notices and the reports lie."""
    return [("数据库", database_shown(settings)), ("通知", settings.notices), ("报告", settings.reports)]
