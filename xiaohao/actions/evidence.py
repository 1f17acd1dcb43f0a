"""佐证材料: photos and papers of a problem; the file is stored first, then its row (DESIGN 4.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xiaohao.actions.acting import acting
from xiaohao.errors import Refused
from xiaohao.evidence_files import EvidenceFiles, StoredFile
from xiaohao.ledger import posts, problems
from xiaohao.ledger.tables import EVIDENCE
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action, EvidencePhase


@dataclass(frozen=True)
class EvidenceLine:
    """One piece of evidence as it is shown. `by` is a name, None where nobody is named."""

    position: int
    round: int
    phase: EvidencePhase
    name: str
    media_type: str
    size: int
    sha256: str
    on: date
    by: str | None


def add(
    ledger: Ledger,
    files: EvidenceFiles,
    number: str,
    path: Path,
    *,
    phase: EvidencePhase,
    by: Person,
    on: date,
) -> StoredFile:
    """Add a file as evidence of the present round; what was stored.

    The file lies in the folder before the transaction opens; a refused act may leave it there,
    known by its content and harmless. Raises what `EvidenceFiles.add` raises, Refused where the
    round has this very content already, MoveNotAllowed.
    """
    stored = files.add(path)
    with acting(ledger, Action.EVIDENCE, number, by=by, on=on) as act:
        for row in act.case.of_round(EVIDENCE):
            if row["sha256"] == stored.sha256:
                raise Refused(
                    f"“{stored.name}”与问题 {act.case.number} 已有的佐证材料“{row['name']}”内容相同，不用再加。"
                    "台账没有变化。"
                )
        new = {
            "position": act.case.next_position(EVIDENCE),
            "round": act.case.clock.round,
            "sha256": stored.sha256,
            "size": stored.size,
            "media_type": stored.media_type,
            "name": stored.name,
            "phase": phase,
            "on": on,
            "by": by.id,
        }
        act.writes(parts={EVIDENCE.name: [new]})
    return stored


def listed(ledger: Ledger, number: str) -> Sequence[EvidenceLine]:
    """The evidence of a problem, all rounds, in the order in which it was added. Raises NotFound."""
    with ledger.reading() as r:
        case = problems.find(r, number, lock=False)
        names = {each.id: each.name for each in posts.officials(r).values()}
    return [
        EvidenceLine(
            position=row["position"],
            round=row["round"],
            phase=EvidencePhase(row["phase"]),
            name=row["name"],
            media_type=row["media_type"],
            size=row["size"],
            sha256=row["sha256"],
            on=row["on"],
            by=names.get(row["by"]),
        )
        for row in case.of(EVIDENCE)
    ]
