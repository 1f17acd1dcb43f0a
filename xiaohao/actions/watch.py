"""巡查: whether the nights happen and leave nothing behind. Not part of the engine: it asks the tables itself.

Silence is the alarm: only where every check is well does a heartbeat go out. What is wrong is a
fault row, once, until it is well again. DESIGN section 7.
"""

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from notifiers import heartbeat
from notifiers.heartbeat import Beat, HeartbeatSettings
from xiaohao.errors import WrongDate
from xiaohao.ledger import rounds
from xiaohao.ledger import watch as seen
from xiaohao.ledger.watch import NightSeen
from xiaohao.ledger.writing import Ledger, Reading
from xiaohao.rules import business_date
from xiaohao.vocabulary import FaultKind

LOG = logging.getLogger("xiaohao.watch")
WAITS_AT_MOST = timedelta(days=1)
"""After this long past its time a notice should have been tried again, or be dead."""
PLANNED_AT_MOST = timedelta(days=10)
HELD_AT_MOST = timedelta(days=3)
LEASE_OVER = timedelta(hours=1)
VERIFIED_WITHIN = timedelta(days=3)
MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found: its code, and a sentence that says what is wrong and what to do."""

    check: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A check with its name in words, and whether all is well."""

    check: str
    name: str
    well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a round of the watch saw. `heartbeats` say where one went, none where anything was found, or the ledger is empty."""

    business_date: date
    last_night: date | None
    checks: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    heartbeats: tuple[str, ...] = ()
    run: int | None = None
    is_empty: bool = False

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def headline(self) -> str:
        """The whole round in one sentence."""
        if self.well:
            said = f"，心跳已送到{'、'.join(self.heartbeats)}" if self.heartbeats else ""
            if self.is_empty:
                said = "；台账里一个问题也没有，没有发出心跳，请核对是不是本单位的台账"
            return f"{self.business_date}：{len(self.checks)} 项检查全部正常{said}"
        return f"{self.business_date}：{len(self.findings)} 项不正常，没有发出心跳"


@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """What the watch goes by: how long after 02:00 a night may take, and where how much must be free."""

    grace: timedelta = timedelta(minutes=45)
    folders: tuple[Path, ...] = ()
    free_bytes: int = 1024 * MB
    heartbeat: HeartbeatSettings = field(default_factory=HeartbeatSettings)


@dataclass(frozen=True)
class _Asked:
    """What every check is given. `now` is aware; `asked` is True for a date that somebody named."""

    r: Reading
    on: date
    now: datetime
    asked: bool
    settings: WatchSettings
    night: NightSeen | None


Check = Callable[[_Asked], str | None]


def watch(
    ledger: Ledger,
    settings: WatchSettings,
    *,
    now: datetime,
    on: date | None = None,
    beats: bool = True,
) -> Watched:
    """Check that the night of `on` ran and left nothing behind, write down what is wrong, else send a heartbeat.

    Without `on` it is the business date owed at the instant `now` (aware), whose night may take the
    settings' grace. `beats` False sends no heartbeat, and so does a ledger without a single problem (it may
    not be the office's own). Raises WrongDate for a date later than today
    in Shanghai, LedgerBusy, LedgerUnreachable: no heartbeat goes out then.
    """
    day = business_date.owed(now) if on is None else on
    if day > now.astimezone(business_date.ZONE).date():
        raise WrongDate(f"业务日期 {day} 还没有到，不能巡查。")
    with ledger.reading() as r:
        night, holds = seen.last_night(r), seen.any_problem(r)
        given = _Asked(r, day, now, on is not None, settings, night)
        findings = [
            Finding(check=code, message=message)
            for code, (_, check) in CHECKS.items()
            if (message := check(given)) is not None
        ]
    run = _write_down(ledger, day, now, findings)
    sent: tuple[str, ...] = ()
    if not findings and beats and holds:
        sent, failed = _beat(ledger, day if night is None else night.on, settings.heartbeat)
        if failed:
            findings = [Finding(check=HEARTBEAT, message="；".join(failed))]
            run = _write_down(ledger, day, now, findings)
    wrong = {each.check for each in findings}
    names = {code: name for code, (name, _) in CHECKS.items()}
    if sent or HEARTBEAT in wrong:
        names[HEARTBEAT] = "心跳已发出"
    return Watched(
        business_date=day,
        last_night=None if night is None else night.on,
        checks=tuple(Checked(check=code, name=name, well=code not in wrong) for code, name in names.items()),
        findings=tuple(findings),
        heartbeats=sent,
        run=run,
        is_empty=not holds,
    )


def _write_down(ledger: Ledger, on: date, began: datetime, findings: Sequence[Finding]) -> int:
    """One transaction: the round's row, a fault for each finding, and those that are well again cleared."""
    with ledger.quiet_writing() as conn:
        run = rounds.note(
            conn,
            rounds.WATCH,
            on,
            began=began,
            counts={"findings": len(findings)},
            prefect_run=ledger.prefect_run,
        )
        found = {each.check: each.message for each in findings}
        rounds.keep_faults(conn, FaultKind.WATCH, found, on, run)
    return run


def _beat(ledger: Ledger, on: date, settings: HeartbeatSettings) -> tuple[tuple[str, ...], list[str]]:
    """Send the heartbeat everywhere and write down that it went out; where it went, and what failed."""
    began = datetime.now(UTC)
    sent, failed = heartbeat.send(settings, Beat(at=began, business_date=on))
    if not failed:
        with ledger.quiet_writing() as conn:
            rounds.note(conn, rounds.HEARTBEAT, on, began=began, counts={"sent": len(sent)})
    return sent, [
        f"心跳没有送到{where}：{why}。请核对这一项设置和对方是否正常。" for where, why in failed.items()
    ]


def _night(given: _Asked) -> str | None:
    last = None if given.night is None else given.night.on
    if last is not None and last > given.now.astimezone(business_date.ZONE).date():
        return (
            f"台账里最近一次夜间运行是 {last}，那一天还没有到，时钟可能快过；在那以前每晚都不会再运行。"
            "请核对这台机器的时钟，并联系维护人员。"
        )
    if last is not None and last >= given.on:
        return None
    began = datetime.combine(given.on, datetime.min.time(), business_date.ZONE)
    over = began + timedelta(hours=business_date.BEGINS_AT) + given.settings.grace
    if not given.asked and given.now < over:
        before = replace(given, on=given.on - timedelta(days=1), asked=True)
        return None if last is None else _night(before)  # the night before must have run all the same
    if last is None:
        is_open, _ = seen.timers(given.r)
        return NEVER.format(on=given.on) if is_open else None
    days = (given.on - last).days
    nights = f"已连续 {days} 天没有运行" if days > 1 else "没有运行"
    return (
        f"{given.on} 的夜间运行没有做（最近一次是 {last}，{nights}）。"
        "请查看机器是否关过机、xiaohao up 是否在运行，再运行 xiaohao nightly，漏跑的会一并补上。"
    )


CLOCKS_DIFFER = timedelta(minutes=5)
NEVER = (
    "夜间运行从来没有做过，{on} 的应当已经做完。请运行 xiaohao nightly，并用 xiaohao up 让它每晚自动运行。"
)


def _timers(given: _Asked) -> str | None:
    is_open, timed = seen.timers(given.r)
    if is_open != timed:
        return (
            f"未销号的问题有 {is_open} 件，有下一个时间点的却是 {timed} 件，不会再有人提醒其余的。"
            "请运行 xiaohao recheck --all，再查看是哪些。"
        )
    if given.night is None:
        return None
    behind = seen.timers_behind(given.r, given.night)
    if not behind.count:
        return None
    return (
        f"{behind.count} 件问题的时间点（最早 {behind.first}，如 {behind.number}）早该在 {given.night.on} 的"
        "夜间运行里办，却没有办。请再运行一次 xiaohao nightly；还不行的，看 xiaohao status 的“需要处理”。"
    )


def _told(given: _Asked) -> str | None:
    if given.night is None:
        return None
    if unsaid := seen.told_unsaid(given.r, given.night):
        return (
            f"{unsaid} 项预警或督办记为已通知，{given.night.on} 的通知里却没有写。"
            "请核对数据库是否被改动过，并当面告知责任人。"
        )
    left = seen.untold_unlisted(given.r, given.night)
    if not left.count:
        return None
    return (
        f"{left.count} 项预警或督办（最早 {left.first}，如 {left.number}）没有通知任何人，也没有列出原因。"
        "请再运行一次 xiaohao nightly，把没有通知的补上。"
    )


def _notices(given: _Asked) -> str | None:
    now = given.now
    found = seen.unended(
        given.r,
        overdue=now - WAITS_AT_MOST,
        beyond=now + PLANNED_AT_MOST,
        orphaned=now - LEASE_OVER,
        held=now - HELD_AT_MOST,
    )
    said = []
    if found.overdue:
        said.append(f"{found.overdue} 份通知过了该发的时间一天以上还没有发")
    if found.orphaned:
        said.append(f"{found.orphaned} 份通知发到一半中断，一直没有接着发")
    advice = ["运行 xiaohao deliver，并查看通知渠道是否正常"] if said else []
    if found.held:
        said.append(f"{found.held} 份通知暂缓了三天以上")
        advice.append("核对暂缓的通知后用 xiaohao outbox release 放行")
    return f"{'，'.join(said)}。请{'；'.join(advice)}。" if said else None


def _counts(given: _Asked) -> str | None:
    found = {} if given.night is None else seen.miscounted(given.r, given.night)
    if not found:
        return None
    said = "；".join(f"第 {run} 号运行记下{differs}" for run, differs in found.items())
    return f"运行记录与留痕对不上：{said}。请运行 xiaohao trail verify 核对留痕，并保留现有数据库。"


def _checkpoint(given: _Asked) -> str | None:
    head, last = seen.trail_sizes(given.r)
    if head != last:
        return (
            f"留痕的头部记着 {head} 条，最后一条却是第 {last} 条，可能有留痕被删除或添加。"
            "请运行 xiaohao trail verify 查明是哪一条。"
        )
    unsealed = 0 if given.night is None else seen.unsealed(given.r, given.night)
    if not unsealed:
        return None
    return (
        f"{unsealed} 条留痕还没有封存到检查点里，夜间运行可能在封存之前中断了。请再运行一次 xiaohao nightly。"
    )


def _verified(given: _Asked) -> str | None:
    if found := seen.trail_fault(given.r):
        return f"留痕核对发现问题：{found}请用 xiaohao trail verify 复查，查明之前保留现有数据库和备份。"
    last = rounds.last(given.r, rounds.VERIFY)
    if last is None:  # an office that never began to verify is not alarmed: `status` says so
        return None
    if timedelta() <= given.now - last.at + CLOCKS_DIFFER and given.now - last.at <= VERIFIED_WITHIN:
        return None
    at = last.at.astimezone(business_date.ZONE)
    return f"留痕自 {at:%Y-%m-%d %H:%M} 起没有再核对过。请运行 xiaohao trail verify，并查看每天的核对是否还在运行。"


def _disk(given: _Asked) -> str | None:
    for folder in given.settings.folders:
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            return (
                f"看不到文件夹 {folder} 所在的磁盘（{error.strerror}）。请检查磁盘是否挂上、文件夹是否还在。"
            )
        if free < given.settings.free_bytes:
            return (
                f"文件夹 {folder} 所在的磁盘只剩 {free // MB} MB（要求不少于 {given.settings.free_bytes // MB} MB）。"
                "请清理磁盘或换大的磁盘，磁盘满了夜间运行就写不进去。"
            )
    return None


HEARTBEAT = "heartbeat"
CHECKS: dict[str, tuple[str, Check]] = {
    "night": ("夜间运行按时做完", _night),
    "timers": ("没有落下的时间点", _timers),
    "told": ("该通知的都已通知或列出", _told),
    "notices": ("每份通知都有结果", _notices),
    "counts": ("运行记录与留痕一致", _counts),
    "checkpoint": ("留痕已封存", _checkpoint),
    "verified": ("留痕核对无误", _verified),
    "disk": ("磁盘空间够用", _disk),
}
"""The checks in their order: code, name, and what finds; the codes are the subjects of faults."""


def sentences(done: Watched) -> Iterator[str]:
    """What a log says of a round."""
    yield done.headline
    yield from (each.message for each in done.findings)
