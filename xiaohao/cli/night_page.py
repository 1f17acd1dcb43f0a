"""What a clerk wants to see after a night: what changed, who was told, where everything lies."""

from models.facts import DigestFacts
from xiaohao.actions.whole_night import Night
from xiaohao.cli.screen import Screen
from xiaohao.ledger.writing import Ledger
from xiaohao.settings import Settings

MOST_DIGESTS = 30


def show(s: Screen, night: Night, ledger: Ledger, settings: Settings, *, dry_run: bool) -> None:
    """The whole page, short."""
    s.line(
        f"夜间运行　业务日期 {night.business_date}" + ("（试运行，没有写入）" if dry_run else ""),
        style="bold",
    )
    if night.missed:
        s.line(f"漏跑 {len(night.missed)} 天，这次一并补上：{night.missed[0]} 至 {night.missed[-1]}")
    if not night.did_something:
        s.line("没有新的事项：该办的这一天已经办完。")
    s.line(summary(night))
    _told(s, night.digests)
    s.head("存放位置")
    s.facts(places(settings))


def summary(night: Night) -> str:
    """One line of counts."""
    levels = "、".join(f"{level}级 {count}" for level, count in night.escalated.items()) or "0"
    return (
        f"到点 {night.fired} 件：新亮黄灯 {night.yellow}，新亮红灯 {night.red}；督办 {levels}；"
        f"销号 {night.closed}；通知 {night.notices} 份；无人可报 {night.untold} 件"
    )


def _told(s: Screen, digests: tuple[DigestFacts, ...]) -> None:
    if not digests:
        return
    s.head("通知了谁")
    s.table(
        ("收件人", "单位", "件数", "最急的一件"),
        [(d.recipient, d.unit, len(d.items), _first(d)) for d in digests[:MOST_DIGESTS]],
    )
    if len(digests) > MOST_DIGESTS:
        s.line(f"另有 {len(digests) - MOST_DIGESTS} 人，用 xiaohao outbox list 查看。")


def _first(digest: DigestFacts) -> str:
    item = digest.items[0]
    level = f"{item.level}级" if item.level else ""
    return f"{item.number} {item.title}（{level}{item.kind.label}）"


def places(settings: Settings) -> list[tuple[str, object]]:
    """Where the database, the notices and the reports lie."""
    return [
        ("数据库", settings.database_url or settings.home / "xiaohao.db"),
        ("通知", settings.notices),
        ("报告", settings.reports),
    ]
