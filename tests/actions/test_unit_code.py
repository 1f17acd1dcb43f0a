"""Codes of units: short, typable, and no two alike."""

import pytest

from xiaohao.actions.unit_code import initials, unit_code
from xiaohao.vocabulary import UnitKind


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("华龙区", "HLQ"),
        ("孟轲乡", "MKX"),
        ("濮东街道", "PDJD"),
        ("杨干城村", "YGCC"),
        ("１2号楼", "2HL"),
        ("龘", ""),
    ],
)
def test_initials_are_those_of_the_pinyin(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("name", "kind", "above", "taken", "code"),
    [
        ("华龙区", UnitKind.DISTRICT, "", [], "HL"),
        ("孟轲乡", UnitKind.TOWNSHIP, "华龙区", [], "MK"),
        ("人民路街道", UnitKind.SUBDISTRICT, "华龙区", [], "RML"),
        ("建设路社区", UnitKind.COMMUNITY, "建设路街道", ["JSL"], "JSLSQ"),  # as the street's
        ("建设路社区", UnitKind.COMMUNITY, "建设路街道", ["JSL", "JSLSQ"], "JSLSQ2"),
        ("建设路街道城管办", UnitKind.DEPARTMENT, "建设路街道", [], "UP-CGB"),
        ("龘社区", UnitKind.COMMUNITY, "华龙区", [], "SQ"),
        ("村", UnitKind.VILLAGE, "孟轲乡", [], "C"),
    ],
)
def test_a_code_is_free(name: str, kind: UnitKind, above: str, taken: list[str], code: str) -> None:
    assert unit_code(name, kind, above=above, above_code="UP", taken=taken) == code
