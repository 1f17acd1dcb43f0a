"""Policy: each version of policy.toml that was ever in force."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check


class Policy(SQLModel, table=True):
    """One version; `sha256` of the body, in hexadecimal."""

    __tablename__ = "policy"
    __table_args__ = (check("length(sha256) = 64", "sha256_length"),)

    id: int = columns.key()
    valid_from: date = columns.day()
    body: str = columns.text()
    sha256: str = columns.text()
