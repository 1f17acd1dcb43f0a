"""核对留痕: the tree recomputed from what the database holds, compared with its head and every checkpoint (I2).

One pass in the order of the entries; what is held in memory does not grow with the trail.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from xiaohao.errors import WrongUsage
from xiaohao.ledger import audit, rounds, trail
from xiaohao.ledger.audit import Claim
from xiaohao.ledger.writing import Ledger, Reading
from xiaohao.proof.merkle import Frontier
from xiaohao.vocabulary import FaultKind

LOG = logging.getLogger("xiaohao.verify_trail")
MOST_FINDINGS = 100
SHORTEST_ROOT = 8
HEX = frozenset("0123456789abcdef")
Progress = Callable[[int, int], None]
"""Told how many entries are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFinding:
    """What does not fit: the entry's place (`seq`, from 0; None where it is no single one), and a sentence."""

    seq: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a verification saw. `root` is the recomputed one in hex, `size` the entries that were read.

    `erased` of them are without their content and count by their leaf. Of more than a hundred
    findings the first hundred are there.
    """

    size: int
    root: str
    checkpoints: int
    erased: int
    findings: tuple[TrailFinding, ...]
    run: int | None = None

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def headline(self) -> str:
        """The verification in one sentence."""
        if self.well:
            return f"留痕 {self.size} 条、检查点 {self.checkpoints} 个逐一核对无误，根 {self.root}"
        return f"核对留痕 {self.size} 条，发现 {len(self.findings)} 处不符"


def claim_of(size: int | None, root: str) -> Claim | None:
    """A checkpoint that somebody kept elsewhere: the number of entries, and the root or its beginning in hex.

    None where neither is given. Raises WrongUsage where one is missing or the root is none.
    """
    root = root.strip().lower()
    if size is None and not root:
        return None
    if size is None or not root:
        raise WrongUsage("对照的检查点要同时写明条数和根。")
    if size < 1 or not SHORTEST_ROOT <= len(root) <= 64 or set(root) - HEX:
        raise WrongUsage(f"对照的根应是 {SHORTEST_ROOT} 到 64 位十六进制数字，条数从 1 起。")
    return Claim(size, root)


def verify_trail(
    ledger: Ledger, *, on: date, claim: Claim | None = None, progress: Progress = lambda _done, _of: None
) -> Verified:
    """Recompute each leaf from its parts and the tree from the leaves, and compare with all that is written down.

    `claim` is a checkpoint that somebody kept elsewhere (a notice ends with one). Writes the round down for the business date
    `on`, and a fault for each finding until it is mended. Raises LedgerBusy, LedgerUnreachable.
    """
    began = datetime.now(UTC)
    with ledger.reading() as r:
        audited = _Audit(r, claim, progress)
        audited.run()
    found = audited.findings[:MOST_FINDINGS]
    with ledger.quiet_writing() as conn:
        counts = {"entries": audited.tree.size, "findings": len(found)}
        run = rounds.note(conn, rounds.VERIFY, on, began=began, counts=counts, prefect_run=ledger.prefect_run)
        within = "" if claim is None else f"{rounds.CLAIM}{claim.size}:"
        messages = {f"{within}{_subject(each)}": each.message for each in reversed(found)}
        rounds.keep_faults(conn, FaultKind.TRAIL, messages, on, run, within=within)
    return Verified(
        size=audited.tree.size,
        root=audited.tree.root().hex(),
        checkpoints=audited.passed,
        erased=audited.erased,
        findings=tuple(found),
        run=run,
    )


def look_through(r: Reading, *, progress: Progress = lambda _done, _of: None) -> Verified:
    """As `verify_trail` in an open transaction, against what is written down there; nothing is written."""
    audited = _Audit(r, None, progress)
    audited.run()
    return Verified(
        size=audited.tree.size,
        root=audited.tree.root().hex(),
        checkpoints=audited.passed,
        erased=audited.erased,
        findings=tuple(audited.findings),
    )


def _subject(found: TrailFinding) -> str:
    return "trail" if found.seq is None else f"trail:{found.seq}"


@dataclass
class _Audit:
    """One pass over the trail: the tree so far, what was found, and the claims still ahead."""

    r: Reading
    claim: Claim | None
    progress: Progress
    tree: Frontier = field(default_factory=Frontier)
    findings: list[TrailFinding] = field(default_factory=list)
    erased: int = 0
    passed: int = 0
    agreed: int = 0
    """The greatest size at which a claim held."""
    gap: bool = False

    def run(self) -> None:
        checkpoints = audit.checkpoints(
            self.r
        )  # before the head: one that is written meanwhile lies beyond it
        size, frontier = audit.head(self.r)
        claims = self._claims(checkpoints, size)
        for batch in audit.entries(self.r, size):
            self._gaps(batch)
            self._leaves(batch)
            self._grow([bytes(entry.leaf) for entry in batch], claims)
            self.progress(min(batch[-1].seq + 1, size), size)
        self._end(size, frontier)
        self._order(size)

    def _claims(self, checkpoints: Sequence[Claim], size: int) -> list[Claim]:
        """What must hold, the smallest tree last; claims of a tree greater than the head's are found at once."""
        claims = list(checkpoints)
        if self.claim is not None:
            claims.append(self.claim)
        claims.sort(key=lambda claim: -claim.size)
        while claims and claims[0].size > size:
            beyond = claims.pop(0)
            self._found(
                size,
                f"检查点记着第 {beyond.size} 条为止的留痕，现在只有 {size} 条：第 {size} 条起的留痕被截掉了。",
            )
        return claims

    def _gaps(self, batch: Sequence[Any]) -> None:
        """Entries are numbered without gaps; the tree goes on with what is there."""
        expected = batch[0].seq if self.gap else self.tree.size
        for entry in batch:
            if entry.seq != expected:
                self.gap = True
                self._found(expected, f"缺少第 {_range(expected, entry.seq - 1)} 条留痕，被删除了。")
            expected = entry.seq + 1

    def _leaves(self, batch: Sequence[Any]) -> None:
        """Each leaf follows from its parts; an erased entry needs an entry that says so."""
        erased = [entry for entry in batch if entry.detail is None]
        if erased:
            self.erased += len(erased)
            lawful = audit.lawfully_erased(self.r, sorted({entry.subject for entry in erased}))
            for entry in erased:
                if lawful.get(entry.subject, -1) <= entry.seq:
                    self._found(entry.seq, f"第 {entry.seq} 条留痕的内容被清除，没有依法删除的记录。")
        for entry in batch:
            if entry.detail is not None and bytes(entry.leaf) != trail.leaf_of(entry):
                self._found(
                    entry.seq, f"第 {entry.seq} 条留痕（{entry.subject}）的内容与当时封存的不符，被改动过。"
                )

    def _grow(self, hashes: Sequence[bytes], claims: list[Claim]) -> None:
        """Append the leaves; at each size that was claimed, compare the root."""
        at = 0
        while at < len(hashes):
            until = len(hashes)
            if claims:
                until = min(until, at + claims[-1].size - self.tree.size)
            self.tree.extend(hashes[at:until])
            at = until
            while claims and claims[-1].size == self.tree.size:
                self._compare(claims.pop())

    def _compare(self, claim: Claim) -> None:
        if self.tree.root().hex().startswith(claim.root):
            self.passed += 1
            self.agreed = claim.size
        elif not self.gap and not any(found.seq is None for found in self.findings):
            self._found(
                None,
                f"第 {_range(self.agreed, claim.size - 1)} 条留痕与 {claim.size} 条时的检查点对不上，"
                "其中有被改动、调换或插入的。",
            )

    def _end(self, size: int, frontier: bytes) -> None:
        if self.tree.size < size and not self.gap:
            self._found(
                self.tree.size,
                f"留痕应有 {size} 条，第 {_range(self.tree.size, size - 1)} 条不在了，被截掉了。",
            )
        elif self.tree.size == size and self.tree.to_bytes() != frontier and not self.findings:
            self._found(
                None,
                f"第 {_range(self.agreed, size - 1)} 条留痕算出的根与台账记下的不符，其中有被改动、调换或插入的。",
            )
        if (stray := audit.beyond(self.r)) is not None:
            self._found(stray, f"第 {stray} 条留痕不在封存的 {size} 条之内，是另外添加的。")

    def _order(self, size: int) -> None:
        for each in audit.out_of_order(self.r, size):
            if each.seq < each.seq_before:
                what = f"排在它的上一步（第 {each.seq_before} 条）之前，次序被调换或是插入的"
            else:
                what = f"是 {each.subject} 的第 {each.version} 步，应为第 {each.version_before + 1} 步"
            self._found(each.seq, f"第 {each.seq} 条留痕{what}。")

    def _found(self, seq: int | None, message: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(TrailFinding(seq=seq, message=message))


def _range(first: int, last: int) -> str:
    return str(first) if first >= last else f"{first} 至 {last}"


def sentences(done: Verified) -> Iterator[str]:
    """What a log says of a verification."""
    yield done.headline
    yield from (each.message for each in done.findings)
