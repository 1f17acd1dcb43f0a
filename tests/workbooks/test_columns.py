"""Which heading says what: headings of real tables, and an office's own."""

from pathlib import Path

import pytest
from workbook_builder import a_workbook

from xiaohao.errors import Unreadable
from xiaohao.workbooks.columns import SHIPPED, Field, Kind, load_headings
from xiaohao.workbooks.reader import read


@pytest.mark.parametrize(("field", "headings"), [
    (Field.LIMIT, "整改时限 整改期限 限期整改日期 完成时限 整改截止时间 最晚整改时间 计划完成日期 预计完成时间 化解时限 区交办办结期限"),
    (Field.DONE_ON, "整改完成日期 改正时间 措施完成时间 整改日期 实际完成时间"),
    (Field.CLOSED, "是否销号 销号情况 是否已销号"),
    (Field.CLOSED_ON, "销号日期 办结时间 销号时间"),
    (Field.DONE, "是否完成 是否已完成整改 是否整改到位"),
    (Field.UNIT, "责任单位 整改责任单位/部门 责任单位<br/>责任人 整体牵头部门/负责人 市交办主办单位 具体责任单位"),
    (Field.CO_UNITS, "配合单位或部门 市交办协办单位 行业主管部门 协办单位"),
    (Field.RESIDENT_PHONE, "求助号码 反映人联系电话 群众电话"),
    (Field.FOUND_ON, "发现时间 检查时间 区交办时间 走访日期"),
    (Field.TITLE, "问题 存在问题 问题（微心愿） 隐患描述 矛盾纠纷简要情况 检查地点存在问题及隐患 群众反映的主要问题"),
    (Field.MEASURES, "整改措施 整改要求（措施） 细化的整改措施 具体控制措施 整改举措"),
    (Field.NUMBER, "工单编号 问题编码 内部编号"),
    (Field.SERIAL, "序号 次序"),
    (Field.EXTRA, "检查单位 督办单位 核查时间 责任领导 是否协办 隐患等级 申请销号时间 销号材料 验收情况 备注（时限）"),
    (Field.AMOUNT, "问题金额（万元） 涉及金额"),
])  # fmt: skip
def test_headings_of_real_tables_are_understood(field: Field, headings: str) -> None:
    table = load_headings()
    for heading in headings.split():
        match = table.find(Kind.LEDGER, heading)
        assert match is not None, heading
        assert match.field is field, heading


@pytest.mark.parametrize("text", ["", "路灯不亮", "站前社区", "2024-5-31", "好" * 60])
def test_other_texts_are_no_headings(text: str) -> None:
    assert load_headings().find(Kind.LEDGER, text) is None


def test_an_office_s_own_headings_go_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "列名.tsv"
    own.write_text("# 本单位的叫法\n[ledger]\nlimit\t交卷日子\ntitle\t毛病\nextra\t责任人\n", "utf-8-sig")
    rows = [["毛病", "责任单位", "交卷日子", "责任人"], ["路灯不亮", "站前社区", "5月底", "张三"]]
    path = a_workbook(tmp_path / "台账.xlsx", rows)
    [line] = read(path, headings=load_headings(own)).problems
    assert (line.title, line.limit_text, line.owner) == ("路灯不亮", "5月底", "")
    assert line.extra == (("责任人", "张三"),)
    with pytest.raises(Unreadable):
        read(path)


def test_an_office_may_add_a_guess_of_its_own(tmp_path: Path) -> None:
    """A field with ? counts only where no other column says the same, and is told."""
    own = tmp_path / "列名.tsv"
    own.write_text("[ledger]\nlimit?\t*日子\n", "utf-8")
    row = ["路灯不亮", "站前社区", "5月底", "6月底"]
    path = a_workbook(tmp_path / "台账.xlsx", [["问题", "责任单位", "好日子", "整改时限"], row])
    result = read(path, headings=load_headings(own))
    assert (result.problems[0].limit_text, result.faults) == ("6月底", ())
    path = a_workbook(tmp_path / "台账.xlsx", [["问题", "责任单位", "好日子", "备注"], row])
    result = read(path, headings=load_headings(own))
    assert result.problems[0].limit_text == "5月底"
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "好日子")]


@pytest.mark.parametrize("line", ["期限\t交卷日子", "limit", "limit\t ", "[台账]"])
def test_a_line_that_is_not_understood_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    own = tmp_path / "列名.tsv"
    own.write_text(f"[ledger]\n{line}\n", "utf-8")
    with pytest.raises(Unreadable, match="第2行"):
        load_headings(own)


def test_no_heading_is_given_to_two_fields() -> None:
    """Within one kind of sheet the first would win in silence."""
    seen: dict[tuple[str, str], str] = {}
    kind = ""
    for line in SHIPPED.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line
        elif line and not line.startswith("#"):
            field, _, headings = line.partition("\t")
            for heading in headings.split():
                assert seen.setdefault((kind, heading), field) == field, heading
