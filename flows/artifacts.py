"""What a run leaves on its page in Prefect: the report, and tables. Keys are ASCII, words are Chinese."""

from collections.abc import Iterable, Sequence

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from xiaohao.actions import night_report
from xiaohao.actions.night_report import Lights
from xiaohao.actions.recheck import Rechecked
from xiaohao.actions.whole_night import Night

MOST_ROWS = 1_000


def of_night(done: Night, lights: Lights) -> None:
    """The report whole, the lights of each unit, who was told, and what became of the notices."""
    create_markdown_artifact(
        night_report.page(done, lights), key="night", description=night_report.headline(done)
    )
    _table("night-lights", "各单位亮灯", night_report.LIGHT_HEADS, night_report.light_rows(lights))
    _table("night-told", "通知了谁", night_report.TOLD_HEADS, night_report.told_rows(done))
    _table("night-sent", "发送情况", night_report.SENT_HEADS, night_report.sent_rows(done))


def of_recheck(done: Rechecked, *, dry_run: bool) -> None:
    """What a recheck changed, and why."""
    said = f"核查 {done.checked} 件，有变化 {len(done.changed)} 件" + (
        "（试运行，没有写入）" if dry_run else ""
    )
    rows = [(each.number, "；".join(each.reasons)) for each in done.changed[:MOST_ROWS]]
    _table("recheck", said, ("问题", "变化和原因"), rows)


def of_delivery(rows: Sequence[tuple[str, str]], failures: Sequence[str]) -> None:
    """What became of the notices of one pass."""
    _table("deliver", "；".join(failures) or "发送情况", night_report.SENT_HEADS, rows)


def _table(key: str, said: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = [dict(zip(heads, row, strict=True)) for row in rows]
    create_table_artifact(table, key=key, description=said)
