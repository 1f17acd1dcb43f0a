"""The Merkle tree of the trail, by its right edge. RFC 9162 §2.1.1."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: the roots of its full subtrees, the largest first.

    Appending costs one hash a leaf on average, the root O(log n).
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        if (
            size < 0
            or len(self._peaks) != size.bit_count()
            or any(len(peak) != HASH_BYTES for peak in self._peaks)
        ):
            raise ValueError(f"a tree of {size} leaves has another right edge")

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order, all of them or, where one is no hash (ValueError), none."""
        peaks, size, sha256 = self._peaks.copy(), self.size, hashlib.sha256
        for leaf in leaves:
            if len(leaf) != HASH_BYTES:
                raise ValueError(f"leaf {size} has {len(leaf)} bytes and is no SHA-256 hash")
            node, full = leaf, size
            while full & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                full >>= 1
            peaks.append(node)
            size += 1
        self._peaks, self.size = peaks, size

    def root(self) -> bytes:
        """The root of the tree as it stands; that of an empty tree is SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """32 bytes a peak, the largest subtree first."""
        return b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises ValueError where it is not that of `size` leaves."""
        return cls(size, (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root over `leaves`, nearest first. RFC 9162 §2.1.3.1.

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has no leaf {index}")
    path: list[bytes] = []
    first, last = 0, len(leaves)
    while last - first > 1:
        middle = first + _left_leaves(last - first)
        if index < middle:
            path.append(root_of(leaves[middle:last]))
            last = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first = middle
    return path[::-1]


def consistency_proof(first_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that show the tree of the first `first_size` leaves as a part of the tree over `leaves`.

    RFC 9162 §2.1.4.1. Empty where both are the same tree. Raises ValueError unless
    0 < `first_size` <= the number of leaves.
    """
    if not 0 < first_size <= len(leaves):
        raise ValueError(f"no proof leads from {first_size} leaves to {len(leaves)}")
    path: list[bytes] = []
    first, last, known = 0, len(leaves), True
    while first_size != last:
        middle = first + _left_leaves(last - first)
        if first_size <= middle:
            path.append(root_of(leaves[middle:last]))
            last = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first, known = middle, False
    if not known:
        path.append(root_of(leaves[first:last]))
    return path[::-1]


def verify_inclusion(*, leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the leaf hash stands at `index` in the tree of `size`. RFC 9162 §2.1.3.2."""
    if not 0 <= index < size or any(len(each) != HASH_BYTES for each in (leaf, root, *proof)):
        return False
    place, last, node = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(other, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(
    *, first_size: int, first_root: bytes, second_size: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the first tree is the beginning of the second. RFC 9162 §2.1.4.2.

    Two trees of one size are consistent when their roots are equal and the proof is empty.
    An empty first tree is refused, whatever the proof: it binds nobody to anything, and the
    RFC speaks only of 0 < first size < second size.
    """
    if not 0 < first_size <= second_size:
        return False
    if first_size == second_size:
        return not proof and first_root == second_root
    if any(len(each) != HASH_BYTES for each in (first_root, second_root, *proof)):
        return False
    path = list(proof) if first_size.bit_count() > 1 else [first_root, *proof]
    place, last = first_size - 1, second_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return False
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, other)
        place, last = place >> 1, last >> 1
    return last == 0 and first == first_root and second == second_root


def _left_leaves(size: int) -> int:
    """How many of `size` leaves (2 or more) lie left of the root: the greatest power of two below it."""
    return 1 << (size - 1).bit_length() - 1
