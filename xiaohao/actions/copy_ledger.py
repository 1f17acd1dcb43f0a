"""搬迁: a ledger copied into another database, counted and its trail recomputed before anything is committed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xiaohao.actions import verify_trail
from xiaohao.actions.verify_trail import Verified
from xiaohao.errors import Refused
from xiaohao.ledger import copying, schema, trail
from xiaohao.ledger.trail import Head
from xiaohao.ledger.writing import Ledger, Reading

NOTHING_WRITTEN = "目标数据库没有写入任何内容。"
Progress = Callable[[str], None]
EVERY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy wrote: rows a table, and the trail's size, recomputed root (hex) and checkpoints, which agree."""

    tables: Mapping[str, int]
    rows: int
    trail_size: int
    root: str
    checkpoints: int


def copy_ledger(source: Ledger, target: Ledger, *, progress: Progress = lambda _: None) -> Copied:
    """Copy every row of `source`, as it is at one moment, into `target`, a migrated ledger that holds nothing.

    One transaction: committed only where every table has as many rows as the source, each leaf of the
    copied trail follows from its entry, and its root is that of the source's head. Raises Refused where
    `target` holds anything or something does not agree, LedgerBusy, LedgerUnreachable.
    """
    with copying.snapshot(source) as r, target.quiet_writing() as conn:
        if not copying.is_empty(conn):
            raise Refused(f"目标数据库里已有内容，只能复制到空的数据库里。{NOTHING_WRITTEN}")
        head, sizes = trail.head(r.conn), copying.counts(r.conn)
        copying.copy(r.conn, conn, sizes, _told(progress))
        progress("正在核对行数和留痕…")
        _compare(sizes, copying.counts(conn))
        verified = verify_trail.look_through(Reading(target, conn))
        _check(head, verified)
    if faults := schema.check(target.engine):
        raise Refused(f"内容已复制，但目标数据库不完整：{''.join(faults)}请勿启用。")
    return Copied(
        tables=sizes,
        rows=sum(sizes.values()),
        trail_size=verified.size,
        root=verified.root,
        checkpoints=verified.checkpoints,
    )


def _told(progress: Progress) -> copying.Progress:
    """A sentence each hundred thousand rows, and one for each table of some size at its end."""

    def told(table: str, done: int, size: int) -> None:
        if done == size or done % EVERY == 0:
            progress(f"已复制 {table}：{done} / {size} 行")

    return told


def _compare(sizes: Mapping[str, int], copied: Mapping[str, int]) -> None:
    for table, size in sizes.items():
        if copied[table] != size:
            raise Refused(f"数据表“{table}”应有 {size} 行，复制后为 {copied[table]} 行。{NOTHING_WRITTEN}")


def _check(head: Head, verified: Verified) -> None:
    if not verified.well:
        raise Refused(
            f"留痕核对不符：{verified.findings[0].message}"
            f"原台账的留痕可能已被改动，请先运行 xiaohao trail verify。{NOTHING_WRITTEN}"
        )
    if (head.size, head.root) != (verified.size, verified.root):
        raise Refused(
            f"复制后的留痕共 {verified.size} 条，根为 {verified.root[:16]}…，"
            f"与原台账的（{head.size} 条，{head.root[:16]}…）不符。{NOTHING_WRITTEN}"
        )
