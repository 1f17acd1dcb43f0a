"""The Merkle tree of the trail against published vectors and the RFC's own definition (RFC 9162 §2.1)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases_folder import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohao.proof.leaf import leaf_hash
from xiaohao.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

FOLDER = cases("merkle")
TREE = json.loads((FOLDER / "reference-tree.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in TREE["leaf_inputs_hex"]]
LOG = FOLDER / "tiled-log"
CHECKPOINTS = sorted(LOG.glob("checkpoint.*"), key=lambda file: int(file.suffix[1:]))
MANY = [leaf_hash(str(number).encode()) for number in range(70)]


def tree_head(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162 §2.1.1 defines it, word for word: no frontier, no short cut."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


def test_the_reference_tree_has_its_leaf_hashes() -> None:
    assert [leaf.hex() for leaf in LEAVES] == TREE["leaf_hashes_hex"]


@pytest.mark.parametrize(("size", "root"), TREE["roots_by_size_hex"].items())
def test_the_reference_tree_has_its_root_at_each_size(size: str, root: str) -> None:
    assert root_of(LEAVES[: int(size)]).hex() == root


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert (Frontier().size, Frontier().to_bytes()) == (0, b"")


def entries_of(bundle: bytes) -> Iterator[bytes]:
    """The entries of a log's bundle: each a big-endian length in two bytes, then the entry."""
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        yield bundle[at + 2 : at + 2 + length]
        at += 2 + length


def entry_bundle(size: int) -> bytes:
    return (LOG / "tile" / "entries" / "000.p" / str(size)).read_bytes() if size else b""


def test_there_are_checkpoints() -> None:
    assert CHECKPOINTS


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda file: file.name)
def test_a_log_of_another_project_has_the_root_that_its_checkpoint_says(checkpoint: Path) -> None:
    _, size, root = checkpoint.read_text(encoding="utf-8").split("\n")[:3]
    leaves = [leaf_hash(entry) for entry in entries_of(entry_bundle(int(size)))]
    assert len(leaves) == int(size)
    assert base64.b64encode(root_of(leaves)).decode() == root
    if leaves:
        assert b"".join(leaves) == (LOG / "tile" / "0" / "000.p" / size).read_bytes()


@pytest.mark.parametrize(
    ("older", "newer"),
    [(a, b) for a in CHECKPOINTS for b in CHECKPOINTS if 0 < int(a.suffix[1:]) <= int(b.suffix[1:])],
    ids=lambda file: file.suffix[1:],
)
def test_each_checkpoint_of_that_log_is_the_beginning_of_each_later_one(older: Path, newer: Path) -> None:
    first_size, second_size = int(older.suffix[1:]), int(newer.suffix[1:])
    leaves = [leaf_hash(entry) for entry in entries_of(entry_bundle(second_size))]
    roots = [base64.b64decode(file.read_text(encoding="utf-8").split("\n")[2]) for file in (older, newer)]
    assert verify_consistency(
        first_size=first_size,
        first_root=roots[0],
        second_size=second_size,
        second_root=roots[1],
        proof=consistency_proof(first_size, leaves),
    )


def test_the_frontier_has_the_root_of_the_definition_at_every_size() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(MANY):
        assert (frontier.size, frontier.root()) == (size, tree_head(MANY[:size]))
        frontier.append(leaf)


@given(st.lists(st.integers(0, 9), max_size=12))
@settings(deadline=None)
def test_in_whatever_portions_the_leaves_come_the_tree_is_the_same(portions: list[int]) -> None:
    """Each portion goes to a frontier read back from its bytes, as each transaction does."""
    size, stored = 0, b""
    for portion in portions:
        frontier = Frontier.from_bytes(size, stored)
        frontier.extend(MANY[(size + n) % len(MANY)] for n in range(portion))
        size, stored = frontier.size, frontier.to_bytes()
    leaves = [MANY[n % len(MANY)] for n in range(sum(portions))]
    assert (size, Frontier.from_bytes(size, stored).root()) == (len(leaves), tree_head(leaves))
    assert len(stored) == 32 * size.bit_count()


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (0, bytes(32)),  # an empty tree has no edge
        (1, b""),
        (3, bytes(32)),  # two full subtrees, one hash
        (4, bytes(64)),
        (1, bytes(31)),  # cut off
        (1, bytes(33)),
        (2, bytes(32) + b"x"),
        (-1, bytes(32)),
    ],
)
def test_an_edge_that_is_not_that_of_the_size_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(ValueError, match="another right edge"):
        Frontier.from_bytes(size, data)


def test_leaves_go_in_all_or_none() -> None:
    """A portion with something that is no hash, or that breaks off, leaves the tree as it was."""
    frontier = Frontier()
    frontier.extend(MANY[:7])
    before = (frontier.size, frontier.to_bytes(), frontier.root())
    with pytest.raises(ValueError, match="leaf 8 has 5 bytes"):
        frontier.extend([MANY[7], b"short", MANY[8]])
    with pytest.raises(ZeroDivisionError):
        frontier.extend(MANY[1 // left] for left in (1, 1, 0))
    assert (frontier.size, frontier.to_bytes(), frontier.root()) == before


@pytest.mark.parametrize("index", [0, 3, 6])
def test_an_altered_removed_reordered_or_added_leaf_changes_the_root(index: int) -> None:
    """I2, seen from the root alone."""
    leaves = MANY[:7]
    altered = [*leaves[:index], leaf_hash(b"forged"), *leaves[index + 1 :]]
    removed = leaves[:index] + leaves[index + 1 :]
    swapped = leaves.copy()
    swapped[index], swapped[index - 1] = swapped[index - 1], swapped[index]
    added = [*leaves[:index], leaf_hash(b"forged"), *leaves[index:]]
    roots = {root_of(each) for each in (leaves, altered, removed, swapped, added)}
    assert len(roots) == 5


def probes(name: str) -> list[Any]:
    """The probes of a file, each under its own name."""
    found = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return [pytest.param(probe, id=probe["file"]) for probe in found]


def unpacked(text: str | None) -> bytes:
    """Base64 as the vectors have it; an empty string is no hash."""
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error:
        return b""


def proof_of(probe: dict[str, Any]) -> list[bytes]:
    return [unpacked(text) for text in probe["proof"] or []]


@pytest.mark.parametrize("probe", probes("inclusion.json"))
def test_inclusion_is_believed_and_refused_as_published(probe: dict[str, Any]) -> None:
    believed = verify_inclusion(
        leaf=unpacked(probe["leafHash"]),
        index=probe["leafIdx"],
        size=probe["treeSize"],
        root=unpacked(probe["root"]),
        proof=proof_of(probe),
    )
    assert believed is not probe["wantErr"]


@pytest.mark.parametrize("probe", probes("consistency.json"))
def test_consistency_is_believed_and_refused_as_published(probe: dict[str, Any]) -> None:
    """An empty first tree is refused, and equal trees are believed by their roots alone."""
    believed = verify_consistency(
        first_size=probe["size1"],
        first_root=unpacked(probe["root1"]),
        second_size=probe["size2"],
        second_root=unpacked(probe["root2"]),
        proof=proof_of(probe),
    )
    assert believed is not probe["wantErr"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 70])
def test_each_leaf_proves_that_it_is_in_and_nothing_else(size: int) -> None:
    leaves = MANY[:size]
    root = root_of(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(index, leaves)
        assert verify_inclusion(leaf=leaf, index=index, size=size, root=root, proof=proof)
        forged = leaf_hash(b"forged")
        assert not verify_inclusion(leaf=forged, index=index, size=size, root=root, proof=proof)
        assert not verify_inclusion(leaf=leaf, index=size, size=size, root=root, proof=proof)
        assert not verify_inclusion(leaf=leaf, index=index, size=size, root=root, proof=[*proof, root])
        for place in range(len(proof)):
            spoilt = [*proof[:place], root, *proof[place + 1 :]]
            assert not verify_inclusion(leaf=leaf, index=index, size=size, root=root, proof=spoilt)
            short = proof[:place] + proof[place + 1 :]
            assert not verify_inclusion(leaf=leaf, index=index, size=size, root=root, proof=short)


def test_each_older_tree_proves_that_it_is_the_beginning() -> None:
    for size in range(1, 40):
        leaves, root = MANY[:size], root_of(MANY[:size])
        for first in range(1, size + 1):
            proof = consistency_proof(first, leaves)
            said = {"first_size": first, "second_size": size, "second_root": root, "proof": proof}
            assert verify_consistency(first_root=tree_head(leaves[:first]), **said)
            forged = root_of([leaf_hash(b"forged"), *leaves[1:first]])
            assert not verify_consistency(first_root=forged, **said)


def test_a_rewritten_past_is_consistent_with_no_proof() -> None:
    """I2: the older root was told to others; a tree with another past cannot be led back to it."""
    told = root_of(MANY[:6])
    rewritten = [leaf_hash(b"forged"), *MANY[1:11]]
    assert not verify_consistency(
        first_size=6,
        first_root=told,
        second_size=11,
        second_root=root_of(rewritten),
        proof=consistency_proof(6, rewritten),
    )


def test_a_boundary_between_two_hashes_cannot_be_moved() -> None:
    """31 and 33 bytes hash together like 32 and 32, and prove nothing."""
    left, right = MANY[:2]
    root = node_hash(left, right)
    assert verify_inclusion(leaf=left, index=0, size=2, root=root, proof=[right])
    assert node_hash(left[:31], left[31:] + right) == root
    assert not verify_inclusion(leaf=left[:31], index=0, size=2, root=root, proof=[left[31:] + right])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexError, match="has no leaf"):
        inclusion_proof(index, MANY[:size])


@pytest.mark.parametrize(("first_size", "size"), [(0, 3), (4, 3), (0, 0)])
def test_no_proof_leads_from_an_empty_or_a_greater_tree(first_size: int, size: int) -> None:
    with pytest.raises(ValueError, match="no proof leads"):
        consistency_proof(first_size, MANY[:size])
