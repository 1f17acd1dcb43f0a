"""重建: the trail replayed into an empty ledger, each leaf and the root checked on the way (I11)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from xiaohao.errors import Refused
from xiaohao.ledger import replay, trail
from xiaohao.ledger.fold import Fold
from xiaohao.ledger.trail import Head
from xiaohao.ledger.writing import Ledger
from xiaohao.proof.merkle import Frontier

NOTHING_WRITTEN = "目标台账没有写入任何内容。"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild wrote: entries of the trail, rows of the ledger, and the root of the tree."""

    entries: int
    rows: int
    root: str


def rebuild(source: Ledger, target: Ledger) -> Rebuilt:
    """Replay the trail of `source` into `target`, a migrated ledger that holds nothing.

    The trail is copied as it stands. Not in the trail and therefore not rebuilt: runs, faults,
    checkpoints, residents, the ways to reach an official, and what a notice said (a notice stands
    for each, so that no step is told again). Raises Refused where
    `target` holds anything, where an entry's leaf or version is not what the entry says, or where
    the root is not that of `source`; `target` is then unchanged.
    """
    tree, fold, versions = Frontier(), Fold(), defaultdict[str, int](int)
    with source.reading() as r, target.quiet_writing() as conn:
        if not replay.is_empty(conn):
            raise Refused(f"目标数据库里已有内容，只能重建到空的台账里。{NOTHING_WRITTEN}")
        head = trail.head(r.conn)
        for entries in replay.batches(r, head.size):
            _check_all(entries, tree.size, versions)
            tree.extend(bytes(entry.leaf) for entry in entries)
            replay.copy_entries(conn, entries)
            for entry in entries:
                if entry.detail is not None:
                    fold.add(entry.subject, entry.version, orjson.loads(entry.detail))
        _check_tree(head, tree)
        replay.put_head(conn, tree)
        try:
            rows = replay.write(conn, fold)
        except sa.exc.IntegrityError as error:
            raise Refused(f"按留痕重建出的台账自相矛盾（{error.orig}）。{NOTHING_WRITTEN}") from error
    return Rebuilt(head.size, rows, head.root)


def _check_all(entries: Sequence[Any], size: int, versions: dict[str, int]) -> None:
    for place, entry in enumerate(entries, start=size):
        if entry.seq != place:
            raise Refused(f"留痕缺少第 {place} 条（其后是第 {entry.seq} 条）。{NOTHING_WRITTEN}")
        versions[entry.subject] += 1
        if entry.version != versions[entry.subject]:
            raise Refused(
                f"留痕第 {place} 条是 {entry.subject} 的第 {entry.version} 步，"
                f"应为第 {versions[entry.subject]} 步。{NOTHING_WRITTEN}"
            )
        if entry.detail is not None and bytes(entry.leaf) != trail.leaf_of(entry):
            raise Refused(f"留痕第 {place} 条的内容与当时封存的不符，可能被改动过。{NOTHING_WRITTEN}")


def _check_tree(head: Head, tree: Frontier) -> None:
    root = tree.root().hex()
    if (head.size, head.root) != (tree.size, root):
        raise Refused(
            f"留痕共 {tree.size} 条，根为 {root[:16]}…，与台账记下的（{head.size} 条，{head.root[:16]}…）不符，"
            f"可能有留痕被改动或删除。{NOTHING_WRITTEN}"
        )
