"""Units: the district's tree by its materialised paths."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from xiaohao.errors import NotFound
from xiaohao.ledger import bulk, trail
from xiaohao.ledger.tables import UNIT
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Action


def all_units(r: Reading) -> Sequence[sa.Row[Any]]:
    """Every unit in the order of the tree: id, code, name, kind, parent_id, path."""
    return r.conn.execute(sa.select(UNIT).order_by(UNIT.c.path)).all()


def by_word(r: Reading, word: str) -> sa.Row[Any]:
    """A unit by its code or full name. Raises NotFound, also where the name is not unique."""
    query = sa.select(UNIT).where(sa.or_(UNIT.c.code == word, UNIT.c.name == word))
    found = r.conn.execute(query).all()
    exact = [row for row in found if row.code == word] or found
    if not exact:
        raise NotFound(f"没有“{word}”这个单位，请用单位全称或编码（xiaohao people 可以查看）。")
    if len(exact) > 1:
        codes = "、".join(row.code for row in exact)
        raise NotFound(f"叫“{word}”的单位不止一个，请改用编码：{codes}。")
    return exact[0]


def add(w: Writing, rows: Sequence[dict[str, Any]]) -> None:
    """Write new units; each row has code, name, kind and parent_id; ids and paths are given here.

    A parent stands before its children, by its id or, where it is new too, by its place in
    `rows` as a negative number (-1 is the first). One trail entry a unit.
    """
    if not rows:
        return
    ids = w.new_ids("unit", len(rows))
    paths = {row.id: row.path for row in w.conn.execute(sa.select(UNIT.c.id, UNIT.c.path))}
    made: list[dict[str, Any]] = []
    for unit_id, row in zip(ids, rows, strict=True):
        parent = row["parent_id"]
        if parent is not None and parent < 0:
            parent = ids[-parent - 1]
        paths[unit_id] = f"{paths[parent] if parent is not None else '/'}{unit_id}/"
        made.append(row | {"id": unit_id, "parent_id": parent, "path": paths[unit_id]})
    bulk.insert_rows(w.conn, UNIT, made)
    for row in made:
        w.note(f"unit:{row['id']}", 1, trail.detail_of({"on": w.on, "unit": row}), Action.UNIT)
