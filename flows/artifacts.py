"""What a run leaves on its page in Prefect: the report, and tables. Keys are ASCII, words are Chinese."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from xiaohao.actions import night_report, show_run
from xiaohao.actions.night_report import Lights
from xiaohao.actions.recheck import Rechecked
from xiaohao.actions.verify_trail import Verified
from xiaohao.actions.watch import Watched
from xiaohao.actions.whole_night import Night
from xiaohao.ledger.run_rows import RunLine

MOST_ROWS = 1_000
RUN_HEADS = ("运行编号", "事项", "Prefect 运行")


def of_night(done: Night, lights: Lights, runs: Iterable[RunLine]) -> None:
    """The report whole, the lights of each unit, who was told, what became of the notices, and the ledger's runs."""
    create_markdown_artifact(
        night_report.page(done, lights), key="night", description=night_report.headline(done)
    )
    _table("night-lights", "各单位亮灯", night_report.LIGHT_HEADS, night_report.light_rows(lights))
    _table("night-told", "通知了谁", night_report.TOLD_HEADS, night_report.told_rows(done))
    _table("night-sent", "发送情况", night_report.SENT_HEADS, night_report.sent_rows(done))
    rows = [(str(run.run), show_run.name_of(run), " ".join(run.prefect_runs)) for run in runs]
    _table("night-runs", "在台账里的运行编号，留痕的每一条都带着它", RUN_HEADS, rows)


def of_recheck(done: Rechecked, *, dry_run: bool, runs: Sequence[int] = ()) -> None:
    """What a recheck changed, and why; `runs` are the ledger's run rows of it."""
    said = f"核查 {done.checked} 件，有变化 {len(done.changed)} 件" + (
        "（试运行，没有写入）" if dry_run else _in_ledger(runs)
    )
    rows = [(each.number, "；".join(each.reasons)) for each in done.changed[:MOST_ROWS]]
    _table("recheck", said, ("问题", "变化和原因"), rows)


def of_delivery(
    rows: Sequence[tuple[str, str]], failures: Sequence[str], *, runs: Sequence[int] = ()
) -> None:
    """What became of the notices of one pass; `runs` are the ledger's run rows of it."""
    said = ("；".join(failures) or "发送情况") + _in_ledger(runs)
    _table("deliver", said, night_report.SENT_HEADS, rows)


def of_watch(done: Watched) -> None:
    """Each check, and what it found."""
    found = {each.check: each.message for each in done.findings}
    rows = [(each.name, "正常" if each.well else found[each.check]) for each in done.checks]
    _table("watch", done.headline + _in_ledger([done.run]), ("检查", "结果"), rows)


def of_verification(done: Verified) -> None:
    """What was recomputed, and what does not fit."""
    rows = [("" if each.seq is None else str(each.seq), each.message) for each in done.findings]
    rows = rows or [("", "没有不符")]
    _table("verify-trail", done.headline + _in_ledger([done.run]), ("留痕", "结果"), rows)


class Progress:
    """How far a long scan is: an artifact that is updated a few times, however often `at` is called."""

    def __init__(self, key: str, said: str, *, steps: int = 10) -> None:
        self._said, self._key = said, key
        self._step = 100 / steps
        self._shown = 0.0
        self._artifact: UUID | None = None

    def at(self, done: int, of: int) -> None:
        """`done` of `of` are done."""
        percent = 100.0 if of <= 0 else min(100.0, 100.0 * done / of)
        if self._artifact is None:
            made = create_progress_artifact(progress=percent, key=self._key, description=self._said)
            assert isinstance(made, UUID)  # in a task that is no coroutine
            self._artifact = made
        elif percent - self._shown < self._step and percent < 100:
            return
        else:
            update_progress_artifact(artifact_id=self._artifact, progress=percent)
        self._shown = percent


def _in_ledger(runs: Iterable[int | None]) -> str:
    numbers = "、".join(f"第 {run} 号" for run in runs if run is not None)
    return f"（台账运行编号：{numbers}）" if numbers else ""


def _table(key: str, said: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = [dict(zip(heads, row, strict=True)) for row in rows]
    create_table_artifact(table, key=key, description=said)
