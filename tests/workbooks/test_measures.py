"""整改措施 in one cell, taken apart."""

import pytest

from xiaohao.workbooks.measures import split_measures


@pytest.mark.parametrize(("text", "expected"), [
    ("①铣刨路面；②摊铺沥青；③设警示牌。", ["铣刨路面", "摊铺沥青", "设警示牌"]),
    ("1.联系收容单位\n2.宣传文明养犬", ["联系收容单位", "宣传文明养犬"]),
    ("1、巡查 2、换灯 3、公示", ["巡查", "换灯", "公示"]),
    ("（1）加强1.2公里巡查。（2）更换灯头", ["加强1.2公里巡查", "更换灯头"]),
    ("一是加强巡查；二是更换12.5米；三是公示。", ["加强巡查", "更换12.5米", "公示"]),
    ("第一，巡查。第二，换灯。", ["巡查", "换灯"]),
    ("一、巡查\n二、换灯", ["巡查", "换灯"]),
    ("调整保洁班次；增配清扫车一台", ["调整保洁班次", "增配清扫车一台"]),
    ("更换灯头\n每周巡查", ["更换灯头", "每周巡查"]),
    ("由城管办负责：①巡查；②换灯。", ["由城管办负责：巡查", "换灯"]),
    ("2.封堵错接口", ["封堵错接口"]),
    ("①分段施工，\n先南后北；②验收", ["分段施工，先南后北", "验收"]),
    ("清淤1.2公里，补植3.5亩", ["清淤1.2公里，补植3.5亩"]),
    ("加强巡查，2024年5月1日前更换。", ["加强巡查，2024年5月1日前更换"]),
    ("  ", []),
])  # fmt: skip
def test_numbers_lines_and_clauses_part_the_measures(text: str, expected: list[str]) -> None:
    """Numbers count up from 1, so that a decimal is none."""
    assert list(split_measures(text)) == expected
