"""人员: who holds posts, acts and is told."""

from sqlmodel import SQLModel

from models import columns


class Official(SQLModel, table=True):
    """An official; `code` is the 工号, else generated."""

    __tablename__ = "official"

    id: int = columns.key()
    code: str = columns.text(unique=True)
    name: str = columns.text()
    mobile: str | None = columns.text(null=True)
    email: str | None = columns.text(null=True)
    active: bool = columns.flag()
