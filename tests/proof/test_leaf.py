"""The bytes of a leaf: canonical JSON and its hashes (DESIGN section 6, RFC 8785)."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cases_folder import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohao.proof.leaf import GREATEST, canonical, detail_hash, leaf_data, leaf_hash

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEY = st.text(st.characters(max_codepoint=127))
SCALAR = TEXT | st.integers(-GREATEST, GREATEST) | st.booleans() | st.none()
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner) | st.dictionaries(KEY, inner), max_leaves=20)
AWKWARD = TEXT | st.text(st.sampled_from('aZ:-"\\/\b\t\n\x00\x1f\x7f 张三é😀\u2028'))

DOCUMENTS = sorted((cases("jcs") / "input").glob("*.json"))


def fits_a_leaf(value: Any) -> bool:
    """Whether DESIGN section 6 lets a leaf hold this, said once more in the plainest way."""
    if isinstance(value, dict):
        return all(key.isascii() and fits_a_leaf(item) for key, item in value.items())
    if isinstance(value, list):
        return all(fits_a_leaf(item) for item in value)
    if isinstance(value, int):
        return abs(value) < 2**53
    return value is None or isinstance(value, str)


def test_there_are_documents() -> None:
    assert DOCUMENTS


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_a_document_of_the_rfc_is_written_byte_for_byte_or_refused(file: Path) -> None:
    value = json.loads(file.read_text(encoding="utf-8"))
    if not fits_a_leaf(value):
        with pytest.raises((ValueError, TypeError)):
            canonical(value)
        return
    expected = (file.parents[1] / "output" / file.name).read_bytes()
    assert canonical(value) == expected
    hexadecimal = (file.parents[1] / "outhex" / file.name).with_suffix(".txt").read_text()
    assert canonical(value) == bytes.fromhex(hexadecimal)


def test_no_floating_number_gets_into_a_leaf() -> None:
    """Those of the RFC's appendix B, not a number and the infinities among them."""
    numbers = json.loads((cases("jcs") / "rfc8785-appendix-b.json").read_text(encoding="utf-8"))
    assert numbers
    for number in numbers:
        (value,) = struct.unpack(">d", bytes.fromhex(number["ieee754_hex"]))
        with pytest.raises(TypeError, match="a leaf holds no float"):
            canonical({"amount": [value]})


@given(VALUE)
@settings(deadline=None)
def test_the_bytes_are_those_of_the_reference_library(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": 2, "B": 3, "": 4}, b'{"":4,"B":3,"a":2,"b":1}'),  # by code unit, not by alphabet
        ({"due_on": None, "quiet": True}, b'{"due_on":null,"quiet":true}'),
        ({"title": "东门外道路"}, '{"title":"东门外道路"}'.encode()),  # not escaped
        ('"\\/\b\f\n\r\t\x01\x7f', b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f"'),  # only what must be escaped
        ([GREATEST, -GREATEST, 0], b"[9007199254740991,-9007199254740991,0]"),
        ([], b"[]"),
        ({}, b"{}"),
    ],
)
def test_a_value_is_written_as_the_rfc_says(value: Any, written: bytes) -> None:
    assert canonical(value) == written


@pytest.mark.parametrize(
    ("value", "error", "why"),
    [
        (1.0, TypeError, "a leaf holds no float"),
        (b"x", TypeError, "a leaf holds no bytes"),
        ((1, 2), TypeError, "a leaf holds no tuple"),
        (GREATEST + 1, ValueError, "9007199254740992 is no number that every JSON reader keeps"),
        (-GREATEST - 1, ValueError, "no number that every JSON reader keeps"),
        ({"单位": "x"}, ValueError, "'单位' is no ASCII key"),
        ({1: "x"}, ValueError, "1 is no ASCII key"),
        ("\ud83d", ValueError, "half a character"),
        ({"title": "道路\udc80"}, ValueError, "half a character"),
    ],
)
def test_what_a_leaf_cannot_hold_is_refused_with_the_reason(
    value: Any, error: type[Exception], why: str
) -> None:
    for wrapped in (value, [value], {"deep": [{"deeper": value}]}):
        with pytest.raises(error, match=why):
            canonical(wrapped)


@given(
    action=AWKWARD,
    actor=AWKWARD,
    at=AWKWARD,
    detail=AWKWARD,
    run=AWKWARD,
    subject=AWKWARD,
    version=st.integers(0, 2**63),
)
@settings(deadline=None)
def test_leaf_data_is_the_canonical_form_whatever_the_strings_hold(
    action: str, actor: str, at: str, detail: str, run: str, subject: str, version: int
) -> None:
    """The quick way for plain strings and the careful one give the same bytes."""
    data = leaf_data(
        action=action, actor=actor, at=at, detail_hash=detail, run=run, subject=subject, version=version
    )
    parts = {"action": action, "actor": actor, "at": at, "detail": detail, "run": run, "subject": subject}
    assert data == rfc8785.dumps({**parts, "v": "1", "version": str(version)})


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\x1fb", "a\x7fb", "张三"])
@pytest.mark.parametrize("field", ["action", "actor", "at", "detail_hash", "run", "subject"])
def test_one_awkward_string_among_plain_ones_is_escaped(field: str, text: str) -> None:
    parts = dict.fromkeys(["action", "actor", "at", "detail_hash", "run", "subject"], "plain") | {field: text}
    named = {"detail" if key == "detail_hash" else key: value for key, value in parts.items()}
    assert leaf_data(**parts, version=1) == rfc8785.dumps({**named, "v": "1", "version": "1"})


@pytest.mark.parametrize("actor", ["official:HL001", 'official:"', "official:\\", "official:张三", "a\tb"])
def test_each_leaf_reads_back_as_it_was_said(actor: str) -> None:
    said = {
        "action": "verify",
        "actor": actor,
        "at": "2026-11-24T18:00:00.123Z",
        "detail_hash": detail_hash(b"\x00" * 16, b"{}"),
        "run": "",
        "subject": "problem:17",
    }
    read = json.loads(leaf_data(**said, version=3))
    assert read == {
        "action": "verify",
        "actor": actor,
        "at": "2026-11-24T18:00:00.123Z",
        "detail": said["detail_hash"],
        "run": "",
        "subject": "problem:17",
        "v": "1",
        "version": "3",
    }


def test_half_a_character_never_becomes_a_leaf() -> None:
    with pytest.raises(ValueError, match="half a character"):
        leaf_data(action="night", actor="a\ud800", at="", detail_hash="", run="", subject="", version=1)


def test_the_hashes_are_sha_256_over_what_the_design_says() -> None:
    salt, detail = bytes(range(16)), b'{"light":"red"}'
    assert detail_hash(salt, detail) == hashlib.sha256(salt + detail).hexdigest()
    assert leaf_hash(b"data") == hashlib.sha256(b"\x00data").digest()


def test_one_whole_leaf_is_pinned_for_ever() -> None:
    """A trail written today must verify in ten years: these bytes can never change."""
    detail = canonical({"status": "closed", "closed_on": "2023-10-09", "why": None})
    assert detail == b'{"closed_on":"2023-10-09","status":"closed","why":null}'
    data = leaf_data(
        action="close",
        actor="system:nightly",
        at="2023-10-09T18:00:00.000Z",
        detail_hash=detail_hash(b"\x01" * 16, detail),
        run="12",
        subject="problem:7",
        version=9,
    )
    assert data == (
        b'{"action":"close","actor":"system:nightly","at":"2023-10-09T18:00:00.000Z",'
        b'"detail":"8e873a33e9ebd99c0be63056102f537b1e71251a23c64662a73b9dfa109d4ac3",'
        b'"run":"12","subject":"problem:7","v":"1","version":"9"}'
    )
    assert leaf_hash(data).hex() == "b32dbec0104123cc77c2536ed8208a2b79e0f9b1a56904cfe9458da05648def5"
