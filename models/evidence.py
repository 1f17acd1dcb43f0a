"""佐证材料: photos and papers, known by their content."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import EvidencePhase


class Evidence(SQLModel, table=True):
    """One file: `sha256` in hexadecimal (its name in the folder), `size` in bytes."""

    __tablename__ = "evidence"
    __table_args__ = (
        check("position >= 1", "position_range"),
        check("round >= 1", "round_range"),
        check("length(sha256) = 64", "sha256_length"),
        check("size >= 0", "size_range"),
        sa.Index("evidence_sha256", "sha256"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    sha256: str = columns.text()
    size: int = columns.long_number()
    media_type: str = columns.text()
    name: str = columns.text()
    phase: EvidencePhase = columns.word(EvidencePhase, "phase")
    on: date = columns.day()
    by: int | None = columns.to("official.id", null=True)
