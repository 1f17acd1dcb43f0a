"""核对留痕 (I2): whatever is altered, removed, reordered, inserted or cut off is found, and where it stands is named."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from xiaohao.actions import seal, verify_trail
from xiaohao.actions.verify_trail import TrailFinding, Verified, claim_of
from xiaohao.errors import WrongUsage
from xiaohao.ledger import audit, guards, rounds, trail
from xiaohao.ledger.tables import CHECKPOINT, FAULT, RUN, TRAIL, TRAIL_HEAD
from xiaohao.proof import leaf as leaves
from xiaohao.proof.merkle import Frontier
from xiaohao.vocabulary import FaultKind

ON = date(2023, 10, 24)
Tamper = Callable[[sa.Connection], None]


@pytest.fixture
def district(sqlite_engine: sa.Engine) -> SmallDistrict:
    """Three problems and the nights of two days, each sealed."""
    return district_on(sqlite_engine)


def district_on(engine: sa.Engine) -> SmallDistrict:
    d = SmallDistrict(engine)
    d.imports(date(2023, 10, 9), [imported(f"问题{n}", 3, date(2023, 10, 8)) for n in range(3)])
    seal.seal(d.ledger)
    for day in (16, 24):
        d.night(date(2023, 10, day))
        seal.seal(d.ledger)
    return d


def verify(d: SmallDistrict, size: int | None = None, root: str = "") -> Verified:
    return verify_trail.verify_trail(d.ledger, on=ON, claim=claim_of(size, root))


def tamper(d: SmallDistrict, how: Tamper) -> None:
    """Change the database with its triggers out of the way, as somebody with its password can."""
    with d.ledger.quiet_writing() as conn:
        guards.remove(conn)
        how(conn)
        guards.install(conn)


def entries_of(d: SmallDistrict, subject: str) -> list[int]:
    with d.ledger.reading() as r:
        query = sa.select(TRAIL.c.seq).where(TRAIL.c.subject == subject).order_by(TRAIL.c.version)
        return list(r.conn.execute(query).scalars())


def size_of(d: SmallDistrict) -> int:
    with d.ledger.reading() as r:
        return trail.head(r.conn).size


def found(done: Verified) -> dict[int | None, str]:
    """What was found, by the entry's place; several things about one entry in one text."""
    said: dict[int | None, str] = {}
    for each in done.findings:
        said[each.seq] = said.get(each.seq, "") + each.message
    return said


def test_a_trail_that_nobody_touched_is_well(district: SmallDistrict) -> None:
    told: list[tuple[int, int]] = []
    done = verify_trail.verify_trail(district.ledger, on=ON, progress=lambda n, of: told.append((n, of)))
    with district.ledger.reading() as r:
        head = trail.head(r.conn)
    assert (done.size, done.root, done.checkpoints, done.findings) == (head.size, head.root, 3, ())
    assert told == [(head.size, head.size)]
    assert f"留痕 {head.size} 条、检查点 3 个逐一核对无误" in done.headline


def test_batches_and_checkpoints_need_not_end_together(
    district: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read three at a time; every checkpoint is still met at its own size."""
    monkeypatch.setattr(audit, "BATCH", 3)
    whole = verify(district)
    assert (whole.findings, whole.checkpoints) == ((), 3)
    seq = entries_of(district, "problem:2")[1]
    tamper(district, lambda conn: conn.execute(TRAIL.delete().where(TRAIL.c.seq == seq)))
    assert f"缺少第 {seq} 条留痕" in found(verify(district))[seq]


@pytest.mark.parametrize(
    "column", ["at", "actor", "action", "run", "subject", "detail", "salt", "leaf", "version"]
)
def test_an_altered_entry_is_named(district: SmallDistrict, column: str) -> None:
    seq = entries_of(district, "problem:2")[1]
    other: dict[str, object] = {
        "detail": '{"on":"2023-10-16","problem":{"light":"green"}}',
        "salt": bytes(16),
        "leaf": bytes(32),
        "version": 99,
        "subject": "problem:77",
    }
    value = other.get(column, "official:7")
    tamper(
        district, lambda conn: conn.execute(TRAIL.update().where(TRAIL.c.seq == seq).values({column: value}))
    )
    done = verify(district)
    assert "的内容与当时封存的不符，被改动过" in found(done)[seq]


def test_an_entry_altered_with_its_leaf_is_found_between_two_checkpoints(district: SmallDistrict) -> None:
    """The leaf fits its new content, the tree does not: the range that the checkpoints leave is named."""
    seq = entries_of(district, "problem:2")[1]
    sealed = [each.size for each in checkpoints(district)]
    first = max(size for size in sealed if size <= seq)
    last = min(size for size in sealed if size > seq)

    def forge(conn: sa.Connection) -> None:
        row = conn.execute(sa.select(TRAIL).where(TRAIL.c.seq == seq)).one()
        detail = row.detail.replace("red", "green")
        assert detail != row.detail
        leaf = leaf_of(row, detail)
        conn.execute(TRAIL.update().where(TRAIL.c.seq == seq).values(detail=detail, leaf=leaf))

    tamper(district, forge)
    [finding] = verify(district).findings
    assert finding == TrailFinding(
        seq=None,
        message=f"第 {first} 至 {last - 1} 条留痕与 {last} 条时的检查点对不上，其中有被改动、调换或插入的。",
    )


def test_with_head_and_checkpoints_forged_too_a_root_kept_elsewhere_tells(district: SmallDistrict) -> None:
    """What was told to others (I2): the database is consistent in itself, and not with what somebody wrote down."""
    kept = checkpoints(district)[-1]
    seq = entries_of(district, "problem:2")[1]

    def forge(conn: sa.Connection) -> None:
        row = conn.execute(sa.select(TRAIL).where(TRAIL.c.seq == seq)).one()
        detail = row.detail.replace("red", "green")
        conn.execute(
            TRAIL.update().where(TRAIL.c.seq == seq).values(detail=detail, leaf=leaf_of(row, detail))
        )
        tree, sizes = Frontier(), set(conn.execute(sa.select(CHECKPOINT.c.tree_size)).scalars())
        for leaf in conn.execute(sa.select(TRAIL.c.leaf).order_by(TRAIL.c.seq)).scalars().all():
            tree.append(bytes(leaf))
            if tree.size in sizes:
                forged = CHECKPOINT.update().where(CHECKPOINT.c.tree_size == tree.size)
                conn.execute(forged.values(root=tree.root()))
        conn.execute(TRAIL_HEAD.update().values(frontier=tree.to_bytes()))

    assert verify(district, kept.size, kept.root[:12]).well
    tamper(district, forge)
    assert verify(district).well
    [finding] = verify(district, kept.size, kept.root[:12]).findings
    assert f"与 {kept.size} 条时的检查点对不上" in finding.message


def test_a_removed_entry_is_named(district: SmallDistrict) -> None:
    seq = entries_of(district, "problem:2")[1]
    tamper(district, lambda conn: conn.execute(TRAIL.delete().where(TRAIL.c.seq == seq)))
    done = verify(district)
    assert found(done)[seq] == f"缺少第 {seq} 条留痕，被删除了。"
    follows = entries_of(district, "problem:2")[1]
    assert "应为第 2 步" in found(done)[follows]


def test_a_removed_entry_is_found_though_the_rest_moved_up(district: SmallDistrict) -> None:
    """The numbers are gapless again, and the head counts one less: the checkpoints do not."""
    seq = entries_of(district, "problem:2")[1]

    def remove(conn: sa.Connection) -> None:
        conn.execute(TRAIL.delete().where(TRAIL.c.seq == seq))
        move(conn, seq, -1)
        regrow(conn)

    tamper(district, remove)
    done = verify(district)
    size = size_of(district)
    assert f"第 {size} 条起的留痕被截掉了" in found(done)[size]
    assert any("应为第 2 步" in each.message for each in done.findings)
    assert any("检查点对不上" in each.message for each in done.findings)


def test_entries_of_one_subject_in_another_order_are_named(district: SmallDistrict) -> None:
    first, second = entries_of(district, "problem:2")[1:3]
    tamper(district, lambda conn: swap(conn, first, second))
    done = verify(district)
    assert f"排在它的上一步（第 {second} 条）之前" in found(done)[first]
    assert "检查点对不上" in found(done)[None]


def test_entries_of_two_subjects_in_another_order_are_found(district: SmallDistrict) -> None:
    first, second = entries_of(district, "problem:1")[1], entries_of(district, "problem:2")[1]
    tamper(district, lambda conn: swap(conn, first, second))
    [finding] = verify(district).findings
    assert "被改动、调换或插入的" in finding.message


def test_an_inserted_entry_is_named(district: SmallDistrict) -> None:
    """It says the truth about itself (its leaf fits), and is older than the step that it follows."""
    seq = entries_of(district, "problem:2")[1]
    last = len(entries_of(district, "problem:2"))

    def insert(conn: sa.Connection) -> None:
        move(conn, seq, 1)
        row = conn.execute(sa.select(TRAIL).where(TRAIL.c.seq == seq + 1)).one()
        new = dict(row._mapping) | {"seq": seq, "version": last + 1}
        conn.execute(TRAIL.insert().values(new | {"leaf": leaf_of(row, row.detail, version=last + 1)}))
        regrow(conn)

    tamper(district, insert)
    done = verify(district)
    assert "次序被调换或是插入的" in found(done)[seq]
    assert "检查点对不上" in found(done)[None]


def test_on_postgresql_the_same_is_found(postgres_engine: sa.Engine) -> None:
    """Nothing at first; then an altered, a reordered and a removed entry, and one behind the end, in one pass."""
    d = district_on(postgres_engine)
    whole = verify(d)
    assert (whole.findings, whole.checkpoints, whole.size) == ((), 3, size_of(d))
    seqs, size = entries_of(d, "problem:2"), size_of(d)

    def damage(conn: sa.Connection) -> None:
        conn.execute(TRAIL.update().where(TRAIL.c.seq == seqs[0]).values(actor="official:7"))
        swap(conn, *seqs[1:3])
        conn.execute(TRAIL.delete().where(TRAIL.c.seq == size - 1))
        row = conn.execute(sa.select(TRAIL).where(TRAIL.c.seq == size - 2)).one()
        conn.execute(TRAIL.insert().values(dict(row._mapping) | {"seq": size + 1, "subject": "problem:9"}))

    tamper(d, damage)
    said = found(verify(d))
    assert "被改动过" in said[seqs[0]]
    assert "次序被调换" in said[seqs[1]]
    assert f"第 {size - 1} 条不在了" in said[size - 1]
    assert "另外添加的" in said[size + 1]
    assert "检查点对不上" in said[None]
    assert len(faults(d)) == 5


@pytest.mark.parametrize("database", ["sqlite_engine", "postgres_engine"])
def test_what_is_entered_and_sealed_meanwhile_is_no_finding(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """People work while the trail is verified: the pass ends at the head that it began with."""
    d = district_on(request.getfixturevalue(database))
    monkeypatch.setattr(audit, "BATCH", 10)
    size = size_of(d)

    def work(_done: int, _of: int) -> None:
        d.register(ON)
        seal.seal(d.ledger)

    done = verify_trail.verify_trail(d.ledger, on=ON, progress=work)
    assert (done.size, done.findings) == (size, ())
    assert size_of(d) > size


def test_an_entry_added_behind_the_head_is_named(district: SmallDistrict) -> None:
    size = size_of(district)

    def add(conn: sa.Connection) -> None:
        row = conn.execute(sa.select(TRAIL).where(TRAIL.c.seq == size - 1)).one()
        conn.execute(TRAIL.insert().values(dict(row._mapping) | {"seq": size, "subject": "problem:9"}))

    tamper(district, add)
    assert f"第 {size} 条留痕不在封存的 {size} 条之内" in found(verify(district))[size]


def test_what_was_cut_off_is_named(district: SmallDistrict) -> None:
    """With the head as it was, and with a head that was cut with it."""
    size = size_of(district)
    tamper(district, lambda conn: conn.execute(TRAIL.delete().where(TRAIL.c.seq >= size - 2)))
    assert f"第 {size - 2} 至 {size - 1} 条不在了" in found(verify(district))[size - 2]
    tamper(district, regrow)
    assert f"现在只有 {size - 2} 条：第 {size - 2} 条起的留痕被截掉了" in found(verify(district))[size - 2]


def test_a_head_that_was_altered_is_found(district: SmallDistrict) -> None:
    district.register(ON)  # after the last checkpoint

    def turn(conn: sa.Connection) -> None:
        frontier = bytes(conn.execute(sa.select(TRAIL_HEAD.c.frontier)).scalar_one())
        conn.execute(TRAIL_HEAD.update().values(frontier=frontier[:-1] + bytes([frontier[-1] ^ 1])))

    tamper(district, turn)
    [finding] = verify(district).findings
    assert "算出的根与台账记下的不符" in finding.message


def test_a_checkpoint_that_was_altered_is_found(district: SmallDistrict) -> None:
    last = checkpoints(district)[-1].size
    forged = CHECKPOINT.update().where(CHECKPOINT.c.tree_size == last).values(root=bytes(32))
    tamper(district, lambda conn: conn.execute(forged))
    [finding] = verify(district).findings
    assert f"与 {last} 条时的检查点对不上" in finding.message


def test_content_that_was_cleared_needs_an_entry_that_says_so(district: SmallDistrict) -> None:
    """The triggers let a lawful erasure through (DESIGN 6): the tree stands, and the erasure must be on record."""
    seq = entries_of(district, "problem:2")[1]
    erased = TRAIL.update().where(TRAIL.c.seq == seq).values(detail=None, salt=None)
    with district.ledger.quiet_writing() as conn:
        conn.execute(erased)
    done = verify(district)
    assert found(done) == {seq: f"第 {seq} 条留痕的内容被清除，没有依法删除的记录。"}
    assert done.erased == 1
    with district.ledger.quiet_writing() as conn:
        version = len(entries_of(district, "problem:2")) + 1
        entry = trail.Entry("problem:2", version, "erased", trail.detail_of({"on": ON}))
        trail.seal(conn, [entry], actor="official:101", run="")
    assert verify(district).well


def test_a_fault_is_written_once_and_cleared_when_mended(district: SmallDistrict) -> None:
    seq = entries_of(district, "problem:2")[1]

    def actor(name: str) -> Tamper:
        return lambda conn: conn.execute(TRAIL.update().where(TRAIL.c.seq == seq).values(actor=name))

    with district.ledger.reading() as r:
        was = r.conn.execute(sa.select(TRAIL.c.actor).where(TRAIL.c.seq == seq)).scalar_one()
    tamper(district, actor("official:7"))
    verify(district)
    verify(district)
    assert faults(district) == [(f"trail:{seq}", None)]
    tamper(district, actor(was))
    assert verify(district).well
    assert faults(district) == [(f"trail:{seq}", ON)]
    with district.ledger.reading() as r:
        last = rounds.last(r, rounds.VERIFY)
        rows = r.conn.execute(sa.select(sa.func.count()).where(RUN.c.flow == rounds.VERIFY)).scalar_one()
    assert last is not None
    assert (last.on, last.findings, rows) == (ON, 0, 1)
    assert (datetime.now(UTC) - last.at).total_seconds() < 60


@pytest.mark.parametrize(
    ("size", "root"), [(3, ""), (None, "00112233"), (3, "0011"), (3, "x" * 12), (0, "00112233")]
)
def test_half_a_checkpoint_is_wrong_usage(size: int | None, root: str) -> None:
    with pytest.raises(WrongUsage):
        claim_of(size, root)


def test_more_is_found_than_is_kept(district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_trail, "MOST_FINDINGS", 2)
    tamper(district, lambda conn: conn.execute(TRAIL.update().values(actor="official:7")))
    assert len(verify(district).findings) == 2


def checkpoints(d: SmallDistrict) -> list[audit.Claim]:
    with d.ledger.reading() as r:
        return audit.checkpoints(r)


def faults(d: SmallDistrict) -> list[tuple[str, date | None]]:
    query = sa.select(FAULT.c.subject, FAULT.c.cleared_on).where(FAULT.c.kind == FaultKind.TRAIL)
    with d.ledger.reading() as r:
        return [tuple(row) for row in r.conn.execute(query.order_by(FAULT.c.id))]


def leaf_of(row: sa.Row[tuple[object, ...]], detail: str, *, version: int | None = None) -> bytes:
    """The leaf of an entry with another content, as its forger works it out."""
    e = row._mapping
    return leaves.leaf_hash(
        leaves.leaf_data(
            action=e["action"],
            actor=e["actor"],
            at=e["at"],
            detail_hash=leaves.detail_hash(bytes(e["salt"]), detail.encode()),
            run=e["run"],
            subject=e["subject"],
            version=version or e["version"],
        )
    )


def swap(conn: sa.Connection, one: int, other: int) -> None:
    for seq, to in ((one, 10_000), (other, one), (10_000, other)):
        conn.execute(TRAIL.update().where(TRAIL.c.seq == seq).values(seq=to))


def move(conn: sa.Connection, since: int, by: int) -> None:
    """Renumber the entries from `since` on."""
    seqs = (
        conn.execute(sa.select(TRAIL.c.seq).where(TRAIL.c.seq >= since).order_by(TRAIL.c.seq)).scalars().all()
    )
    for seq in reversed(seqs) if by > 0 else seqs:
        conn.execute(TRAIL.update().where(TRAIL.c.seq == seq).values(seq=seq + by))


def regrow(conn: sa.Connection) -> None:
    """A head that fits the leaves that are there."""
    tree = Frontier()
    tree.extend(
        bytes(leaf) for leaf in conn.execute(sa.select(TRAIL.c.leaf).order_by(TRAIL.c.seq)).scalars().all()
    )
    conn.execute(TRAIL_HEAD.update().values(size=tree.size, frontier=tree.to_bytes()))


def test_what_a_checkpoint_kept_elsewhere_found_stands_until_it_holds(district: SmallDistrict) -> None:
    """The daily verification has no such checkpoint, and must not clear what only it can find."""

    def open_faults() -> list[str]:
        query = sa.select(FAULT.c.subject).where(
            FAULT.c.kind == FaultKind.TRAIL, FAULT.c.cleared_on.is_(None)
        )
        with district.ledger.reading() as r:
            return list(r.conn.execute(query).scalars())

    size = size_of(district)
    with district.ledger.reading() as r:
        root = trail.head(r.conn).root
    assert not verify(district, size, "00" * 32).well
    assert [subject.startswith(f"claim:{size}:") for subject in open_faults()] == [True]
    assert verify(district).well
    assert len(open_faults()) == 1
    assert verify(district, size, root).well
    assert open_faults() == []
