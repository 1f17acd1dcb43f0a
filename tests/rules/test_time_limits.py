"""DESIGN 4.9: time-limit texts, held against the touchstone and against phrasings that it does not have."""

import csv
import time
from dataclasses import dataclass
from datetime import date

import pytest
from cases_folder import cases
from chinese_calendar import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohao.rules.counting import Counter
from xiaohao.rules.festivals import festival
from xiaohao.rules.time_limit_contexts import CONTEXTS, UNREADABLE
from xiaohao.rules.time_limit_grammar import PRODUCTIONS, WHOLES, scan
from xiaohao.rules.time_limit_words import CLASS_WORDS, normalise, number
from xiaohao.rules.time_limits import TimeLimit, read_time_limit
from xiaohao.rules.workdays import Workdays

WORKDAYS = Workdays(
    {day: True for day in constants.workdays if day.weekday() >= 5}
    | {day: False for day in constants.holidays if day.weekday() < 5}
)
FOUND_ON = date(2023, 9, 15)  # a Friday


def reading(text: str, found_on: date = FOUND_ON) -> TimeLimit:
    return read_time_limit(text, found_on, WORKDAYS)


@dataclass(frozen=True)
class Case:
    text: str
    found_on: date
    classes: frozenset[str]
    due: frozenset[str]

    def is_right(self) -> bool:
        limit = reading(self.text, self.found_on)
        named = limit.rectification_class.value if limit.rectification_class else "unknown"
        return named in self.classes and str(limit.due_on or "none") in self.due


def _touchstone() -> list[Case]:
    with cases("time_limits.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Case(
            row["text"],
            date.fromisoformat(row["found_on"]),
            frozenset(row["class"].split("|")),
            frozenset(
                ((row["ambiguous"] == "yes" and row["acceptable"]) or row["due_on"] or "none").split("|")
            ),
        )
        for row in rows
    ]


TOUCHSTONE = _touchstone()


@pytest.mark.parametrize("case", TOUCHSTONE, ids=lambda case: case.text or "empty")
def test_no_deadline_is_invented(case: Case) -> None:
    due_on = reading(case.text, case.found_on).due_on
    assert due_on is None or case.due != {"none"}


def test_nearly_all_of_the_touchstone_is_right() -> None:
    wrong = [case for case in TOUCHSTONE if not case.is_right()]
    assert len(wrong) <= 0.03 * len(TOUCHSTONE), wrong


# Phrasings that the touchstone does not have, found on Friday 15 September 2023, and the reason.
DATES = [
    ("二〇二三年十二月三十一日前", "2023-12-31"),  # Chinese numerals
    ("二○二三年十月底前", "2023-10-31"),  # the round zero as a circle
    ("2023-9-20", "2023-09-20"),
    ("23.9.30", "2023-09-30"),  # two digits for the year
    ("23年9月", "2023-09-30"),
    ("20231015前", "2023-10-15"),
    ("2023年10月15", "2023-10-15"),  # 日 forgotten
    ("31/12/2023", "2023-12-31"),  # day and month cannot be confused
    ("31-Dec-23", "2023-12-31"),
    ("2023-12-31T17:00:00Z", "2023-12-31"),
    ("2023年9月28日下午5点前", "2023-09-28"),
    ("2023Q4", "2023-12-31"),
    ("前两季度", "2024-06-30"),
    ("原则上年底前完成", "2023-12-31"),  # not 上年, last year
    ("作出说明年底前完成", "2023-12-31"),  # not 明年, next year
    ("今后年底前完成", "2023-12-31"),  # not 后年
    ("统一月底前完成", "2023-09-30"),  # not 一月底, January
    ("2023年9月至次年3月", "2024-03-31"),  # 次年 is the year after the start's
    ("11月至明年2月", "2024-02-29"),
    ("9-12月", "2023-12-31"),
    ("2023.9.1-2023.10.31", "2023-10-31"),
    ("10月15-20日", "2023-10-20"),
    ("9月20日起至10月31日", "2023-10-31"),
    ("2024年内分两批，6月底、12月底完成", "2024-12-31"),  # both in 2024
    ("2022年12月检查发现的问题，2023年10月底前整改", "2023-10-31"),  # the first is the inspection
    ("8月20日反馈，9月底前完成", "2023-09-30"),
    ("按照国发〔2023〕12号文件要求，2023年11月底前完成", "2023-11-30"),
    ("根据2021年3月15日会议精神，10月底前完成", "2023-10-31"),
    ("修复道路280米，10月底前完工", "2023-10-31"),
    ("电话0393-4412345，10月31日前", "2023-10-31"),
    ("原定9月30日，延期至11月30日", "2023-11-30"),
    ("已完成方案编制，12月底前完成整改", "2023-12-31"),
    ("已要求企业10月底前完成整改", "2023-10-31"),  # 已要求 is not done
    ("2023年9月30日前完成，2024年起长期坚持", "2023-09-30"),
    ("三年行动方案，2025年底前完成", "2025-12-31"),
    ("每天巡查，10月底前完成", "2023-10-31"),
    ("第3项12月底前，第4项长期坚持", "2023-12-31"),
    ("建成10余年的小区，12月底前改造", "2023-12-31"),
    ("“五一”前", "2024-04-30"),
    ("除夕前", "2024-02-08"),
    ("本周五前", "2023-09-15"),
    ("下周三", "2023-09-20"),
    ("下月31日前", "2023-10-31"),
    ("2月29日前", "2024-02-29"),  # the next one there is
    ("检查日期2023.9.15 整改期限2023.10.15", "2023-10-15"),
    ("9月底前，特殊情况可延长至10月底", "2023-09-30"),  # the exception is told
    ("10月开工，12月完工", "2023-12-31"),  # a bare month with an end of work
    ("2023年12月整治到位", "2023-12-31"),
    ("2023年12月清零", "2023-12-31"),  # 零 is no number
    ("2023年-2025年分步实施", "2025-12-31"),
    ("2023年10月-2024年3月，分三期实施", "2024-03-31"),  # 实施 is no day of a decree
    ("11月、12月各完成一半", "2023-12-31"),
    ("上半年末", "2024-06-30"),
    ("下半年内", "2023-12-31"),
    ("务必9.30前", "2023-09-30"),
    ("9·30前", "2023-09-30"),
    ("月内", "2023-09-30"),
    ("国庆双节前", "2023-09-30"),
    ("整改时限：15天（9月30日前）", "2023-09-30"),  # the date given stands, the length is told
]

LENGTHS = [
    ("一个半月", "2023-10-30", "45 day"),
    ("1.5个月内", "2023-10-30", "45 day"),
    ("半年内", "2024-03-15", "6 month"),
    ("72小时", "2023-09-18", "3 day"),
    ("十五（15）个工作日内", "2023-10-12", "15 workday"),  # written twice, the same
    ("收到之日起15日内", "2023-10-07", "15 day"),  # 30 September is off, 7 October is worked
    ("收到验收意见后15日内", "2023-10-07", "15 day"),  # what was received counts, not 验收
    ("罚款5000元，限期15日内整改", "2023-10-07", "15 day"),
    ("依据《安全生产法》第99条，限期15日", "2023-10-07", "15 day"),
    ("一百二十日内", "2024-01-15", "120 day"),  # 13 January is a Saturday
    ("下一个工作日", "2023-09-18", "1 workday"),
    ("三五天", "2023-09-20", "5 day"),
    ("不得超过30日", "2023-10-16", "30 day"),
    ("拾伍日内", "2023-10-07", "15 day"),  # capital numerals
    ("叁个月内", "2023-12-15", "3 month"),
    ("15日（工作日）", "2023-10-12", "15 workday"),
    ("15天（自然日）内", "2023-10-07", "15 day"),
]

NO_DATE = [
    "国发〔2023〕12号",  # a decree
    "罚款5000元",
    "第3项",
    "1-4项",
    "联系电话13812345678",
    "完成50%",
    "道路280米",
    "HL-2023-0007",
    "2023年检视问题",
    "2023年计划",
    "2023年8月15日检查发现，立即整改",  # the day of the inspection
    "已于9月10日完成整改",
    "9月10日已整改完毕",
    "2023年8月30日销号",
    "自2024年1月起长期坚持",
    "2023年12月31日以后",
    "自竣工验收之日起30日内",  # nobody knows when
    "春节后一周内",
    "整改完成后5个工作日内报送",
    "公示7个工作日",
    "停业整顿3天",
    "工期40天",
    "逾期3日未整改",
    "超过15日",
    "至少30天",
    "延期15日",  # from when?
    "3天后",
    "10月1日前3天",
    "到期前30日",
    "近3年",
    "国庆节前后",
    "24小时值守",
    "百日攻坚",
    "一日三餐",
    "完成1/3",
    "每月25日前",
    "每季度首月10日前",
    "一季度一调度",
    "长期坚持，每月25日前报送",
    "工程完工前",
    "上半年工作总结",
    "第三季度考核",
    "列入2024年预算",
    "建于1998年",
    "因2021年7.20暴雨",
    "宽9.30米",
    "按2023年标准",
    "截至9月15日未整改",
    "编号2023-09-15-001",
    "十天半个月",
    "12月第一周",
    "2024年各项任务按计划推进",
    "2024年分管领导包案",
    "发生于2023年9月8日",
    "9月5号楼",  # a house
    "9月前半月",  # 15 September is meant, not the end of the month
    "大后天",
    "已于9月1日立行立改",  # the day on which it was done
    "已经在8月20日更换",
    "无",
]

FAULTS = [
    "9月31日",  # the calendar has none
    "2023年2月29日",
    "2023年13月",
    "13月底",
    "31日前",  # September has 30 days
    "2099年12月31日",
    "0日内",
    "Q5",
    "202年12月",
    "20231年",
    "2O24年1月",  # a letter for a digit
    "1 5日内",  # not 5日内
    "12月3 1日",
    "2 0 2 3年10月31日",
    "2023.9-12",
    "05/06/2023",  # May or June
    "__年__月__日",
    "  月  日前",
    "（ ）个工作日内",
    "N个工作日",
    "十几天",
    "十五（20）个工作日内",
    "1个月15日内（9月日）",
    "农历腊月二十三前",
    "双十一前",
    "99999",
    "15前",
    "2023年？月",
    "一" * 600,
]


@pytest.mark.parametrize(("text", "due_on"), DATES)
def test_a_date_is_read_as_a_careful_colleague_would(text: str, due_on: str) -> None:
    limit = reading(text)
    assert (str(limit.due_on), limit.term, limit.fault) == (due_on, None, False)
    assert limit.readings[0] == limit.due_on


@pytest.mark.parametrize(("text", "due_on", "term"), LENGTHS)
def test_a_length_of_time_counts_from_the_day_of_finding(text: str, due_on: str, term: str) -> None:
    limit = reading(text)
    assert (str(limit.due_on), str(limit.term)) == (due_on, term)
    assert limit.term
    assert Counter(WORKDAYS).last_day(FOUND_ON, limit.term) == limit.due_on


@pytest.mark.parametrize("text", NO_DATE)
def test_what_is_no_deadline_is_never_read_as_one(text: str) -> None:
    limit = reading(text)
    assert (limit.due_on, limit.readings, limit.term, limit.fault) == (None, (), None, False)


@pytest.mark.parametrize("text", FAULTS)
def test_what_looks_like_a_limit_and_is_none_is_a_fault(text: str) -> None:
    limit = reading(text)
    assert limit.fault
    assert limit.due_on is None
    assert limit.readings == ()
    assert "请写明具体日期" in limit.message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("不能立即整改的，10月底前完成", "time_limited"),
        ("立即制定整改方案，12月底前完成", "time_limited"),  # only the plan is made at once
        ("立行立改，9月底", "immediate"),
        ("长期存在的问题，限期整改", "time_limited"),  # the problem is old, the limit is not long
        ("长期坚持，定期检查", "long_term"),
        ("持续推进，每季度调度", "long_term"),
        ("贯穿全年", "long_term"),
        ("长抓不懈", "long_term"),
        ("当天受理，3日内办结", "time_limited"),  # only the taking in is at once
        ("当天办结", "immediate"),
        ("已完成", None),
        ("2023年2月29日前", None),
    ],
)
def test_the_class_is_what_the_words_say(text: str, named: str | None) -> None:
    limit = reading(text)
    assert (limit.rectification_class and limit.rectification_class.value) == named


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("每季度", "3 month"),
        ("每半年一次", "6 month"),
        ("每2个月", "2 month"),
        ("一月一调度", "1 month"),
        ("每周五", "1 week"),
    ],
)
def test_a_review_period_is_read(text: str, every: str) -> None:
    assert str(reading(text).review_every) == every


def test_a_year_not_written_is_told_with_the_other_reading() -> None:
    limit = reading("8月31日前")
    assert list(map(str, limit.readings)) == ["2024-08-31", "2023-08-31"]
    assert limit.message == (
        "整改时限“8月31日前”有不同读法：没有写年份，而2023年8月31日早于发现日期。"
        "现按2024年8月31日，也可能是2023年8月31日，请核对并写明日期。"
    )


def test_a_number_cell_that_lost_its_zero_is_told() -> None:
    assert list(map(str, reading("10.1").readings)) == ["2023-10-01", "2023-10-10"]
    assert list(map(str, reading("2023.1").readings)) == ["2023-10-31", "2023-01-31"]


def test_a_count_from_another_day_is_told() -> None:
    assert reading("接到整改通知后7日内").message == (
        "整改时限“接到整改通知后7日内”：文中从“接到整改通知”起算，这里从发现日期起算。现按2023年9月22日，请核对。"
    )


def test_a_weekday_that_does_not_fit_is_told() -> None:
    assert "不是星期五" in reading("2023年12月31日（星期五）前").message
    assert reading("2023年12月31日（星期日）前").message == ""


def test_the_day_of_a_report_is_not_the_last_day() -> None:
    assert str(reading("9月30日前完成，并于10月10日前上报整改报告").due_on) == "2023-09-30"


def test_a_serial_counts_only_near_the_day_of_finding() -> None:
    assert str(reading("45230").due_on) == "2023-10-31"
    assert reading("45230", date(2009, 5, 15)).fault


def test_festivals_are_where_the_calendar_has_them() -> None:
    names = {
        "春节": "Spring Festival",
        "清明": "Tomb-sweeping Day",
        "端午": "Dragon Boat Festival",
        "中秋": "Mid-autumn Festival",
    }
    differ = [
        (year, name)
        for year in range(2008, 2027)
        for name, english in names.items()
        if constants.holidays.get(festival(name, year)) != english
    ]
    assert differ == [(2012, "端午"), (2020, "中秋")]  # a Saturday off anyway; shared with 国庆


@pytest.mark.parametrize("production", [*WHOLES, *PRODUCTIONS], ids=lambda production: production.example)
def test_each_production_reads_its_example(production) -> None:  # type: ignore[no-untyped-def]
    clean = normalise(production.example)
    matches = [found for place in range(len(clean)) if (found := production.pattern.match(clean, place))]
    assert any(production.meaning(found, FOUND_ON) for found in matches)


@pytest.mark.parametrize("context", [*CONTEXTS, *UNREADABLE], ids=lambda context: context.example)
def test_each_context_fits_its_example(context) -> None:  # type: ignore[no-untyped-def]
    assert context.pattern.search(scan(normalise(context.example), FOUND_ON)[0])


@pytest.mark.parametrize("text", [example for _, _, example in CLASS_WORDS])
def test_each_class_word_has_an_example_without_a_fault(text: str) -> None:
    assert not reading(text).fault


@given(st.integers(min_value=1, max_value=99))
def test_chinese_numerals_say_what_digits_say(value: int) -> None:
    tens, ones = divmod(value, 10)
    digits = "〇一二三四五六七八九"
    numeral = ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    assert number(numeral) == value


PIECES = st.sampled_from(
    [
        "1",
        "9",
        "12",
        "31",
        "2023",
        "23",
        "年",
        "月",
        "日",
        "底",
        "前",
        "后",
        "起",
        "至",
        "-",
        ".",
        "/",
        "、",
        "，",
        "；",
        "（",
        "）",
        "个",
        "工作日",
        "天",
        "周",
        "半",
        "小时",
        "季度",
        "第",
        "每",
        "已",
        "完成",
        "限期",
        "立行立改",
        "长期",
        "自",
        "收到",
        "之日",
        "X",
        "零",
        "十",
        "国庆",
        "下",
        "本",
        "明",
        "内",
        "〔",
        "〕",
        "号",
        "元",
        "％",
        "Q",
        "上旬",
        "\n",
        "\t",
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)),
    st.dates(min_value=date(1990, 1, 1), max_value=date(2079, 12, 31)),
)
def test_any_text_is_read_without_raising_and_nothing_wild_comes_out(text: str, found_on: date) -> None:
    limit = reading(text, found_on)
    assert limit.due_on is None or 1990 <= limit.due_on.year <= 2079
    assert limit.readings[:1] == ((limit.due_on,) if limit.due_on else ())
    assert not (limit.fault and limit.due_on)
    assert limit.message or not limit.fault
    assert all(char.isprintable() for char in limit.message)
    assert limit.due_on is None or any(char.isalnum() for char in text)


@pytest.mark.parametrize(
    "piece", ["1", "一", "9月", "\n", "  \n", "(", "、", "年1", "Ⓓ前", "a1", "已9月", "〔《", "\u3000", "ﷺ"]
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.perf_counter()
    reading((piece * 500)[:500])
    reading(piece * 100_000)
    assert time.perf_counter() - began < 2
