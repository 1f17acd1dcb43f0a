"""Single cells: telephones, money, names of units."""

import pytest

from xiaohao.workbooks.cells import fen, one_line, phone, split_phone
from xiaohao.workbooks.unit_names import is_unit, readings, unit_in_title


@pytest.mark.parametrize(("cell", "number"), [
    (19900001100, "19900001100"), ("199 0000 1100", "19900001100"), ("１９９００００１１００", "19900001100"),
    ("0393-4411111", "0393-4411111"), ("19900001100/19900001101", "19900001100、19900001101"), ("见通讯录", "见通讯录"),
])  # fmt: skip
def test_a_telephone_number_in_every_form(cell: object, number: str) -> None:
    assert phone(cell) == number  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cell", ["张三19900001100", "张三 19900001100", "张三（19900001100）", "张三\n电话：19900001100"]
)
def test_a_name_and_a_number_part(cell: str) -> None:
    assert split_phone(cell) == ("张三", "19900001100")


@pytest.mark.parametrize(("cell", "unit", "expected"), [
    (2.5, 10**6, 2_500_000), ("2.5", 10**6, 2_500_000), ("1,200.50", 100, 120_050), ("25万元", 100, 25_000_000),
    ("约3万", 100, 3_000_000), ("0.01", 100, 1), ("若干", 100, None), ("nan", 100, None),
])  # fmt: skip
def test_money_is_counted_in_fen(cell: object, unit: int, expected: int | None) -> None:
    assert fen(cell, unit=unit) == expected  # type: ignore[arg-type]


def test_a_line_break_between_chinese_characters_vanishes() -> None:
    assert one_line("停车难，\r\n居民盼划线") == "停车难，居民盼划线"
    assert one_line("LED\nlamp") == "LED lamp"


@pytest.mark.parametrize(("name", "expected"), [
    ("孟轲乡党委（盖章）", ["孟轲乡党委", "孟轲乡"]), ("建设路街道办事处", ["建设路街道办事处", "建设路街道"]),
    ("静和苑社区居委会", ["静和苑社区居委会", "静和苑社区"]), ("杨干城村村委会", ["杨干城村村委会", "杨干城村"]),
    ("区城管局", ["区城管局"]),
])  # fmt: skip
def test_a_unit_is_looked_up_as_written_then_by_its_office(name: str, expected: list[str]) -> None:
    assert list(readings(name)) == expected


@pytest.mark.parametrize(("title", "unit"), [
    ("孟轲乡主题教育检视问题整改台账", "孟轲乡"), ("静和苑社区急难愁盼问题整改台账", "静和苑社区"),
    ("2024年濮东街道走访问题整改台账", "濮东街道"), ("人民路街道问题整改清单（13个问题、26条措施）", "人民路街道"),
    ("华龙区孟轲乡问题台账", "孟轲乡"), ("农村人居环境问题台账", None), ("问题整改台账", None), ("主题教育检视问题清单", None),
])  # fmt: skip
def test_a_title_may_name_its_unit(title: str, unit: str | None) -> None:
    assert unit_in_title(title) == unit


@pytest.mark.parametrize(("name", "expected"), [
    ("静和苑社区", True), ("区城管局", True), ("杨干城村", True), ("Sheet1", False), ("台账", False), ("限期整改", False),
    ("各社区", False), ("填表说明", False), ("路灯不亮", False),
])  # fmt: skip
def test_what_looks_like_a_unit(name: str, expected: bool) -> None:
    assert is_unit(name) is expected
