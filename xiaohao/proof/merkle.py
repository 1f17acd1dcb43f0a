"""The Merkle tree of the trail, by its right edge. RFC 9162 §2.1.1."""

import hashlib
from collections.abc import Iterable
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
        if len(self._peaks) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in self._peaks):
            raise ValueError(f"a tree of {size} leaves has another right edge")

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        peaks, size, sha256 = self._peaks, self.size, hashlib.sha256
        for leaf in leaves:
            node, full = leaf, size
            while full & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                full >>= 1
            peaks.append(node)
            size += 1
        self.size = size

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
