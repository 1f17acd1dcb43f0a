"""The bytes of a leaf: canonical JSON and its hashes. DESIGN section 6; RFC 8785; RFC 9162 §2.1.1."""

import hashlib
import re
from typing import Any

import orjson

GREATEST = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exactly (RFC 7493)."""
_PLAIN = re.compile(r"[ !#-\[\]-~]*\Z").match


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of a value that a leaf may hold.

    Strings, whole numbers within ±(2⁵³-1), booleans, None, lists, and dicts with ASCII keys.
    Raises ValueError for a number, key or string outside these, TypeError for any other type.
    """
    _check(value)
    made = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return bytes(memoryview(made))  # orjson keeps more memory than the text is long


def _check(value: Any) -> None:
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text(value)
    elif kind is int:
        if not -GREATEST <= value <= GREATEST:
            raise ValueError(f"{value} is no number that every JSON reader keeps")
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise ValueError(f"{key!r} is no ASCII key")
            _check(item)
    elif kind is list:
        for item in value:
            _check(item)
    elif value is not None and kind is not bool:
        raise TypeError(f"a leaf holds no {kind.__name__}")


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{value!r} holds half a character (a lone surrogate)") from error


def detail_hash(salt: bytes, detail: bytes) -> str:
    """Hex SHA-256 of salt ‖ detail."""
    return hashlib.sha256(salt + detail).hexdigest()


def leaf_data(
    *, action: str, actor: str, at: str, detail_hash: str, run: str, subject: str, version: int
) -> bytes:
    """The canonical JSON that is hashed as a leaf; all values in it are strings.

    `at` is UTC with milliseconds and Z, `detail_hash` hex, `run` "" for none. What is plain
    ASCII needs no escaping and is written as it stands: a night writes thousands of leaves.
    """
    if _PLAIN(action + actor + at + detail_hash + run + subject):
        return (
            f'{{"action":"{action}","actor":"{actor}","at":"{at}","detail":"{detail_hash}",'
            f'"run":"{run}","subject":"{subject}","v":"1","version":"{version}"}}'
        ).encode()
    return canonical(
        {
            "action": action,
            "actor": actor,
            "at": at,
            "detail": detail_hash,
            "run": run,
            "subject": subject,
            "v": "1",
            "version": str(version),
        }
    )


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf data)."""
    return hashlib.sha256(b"\x00" + data).digest()
