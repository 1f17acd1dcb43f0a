"""What an official reads: exact texts for the cases that occur, and what holds for all of them."""

from datetime import date
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from hypothesis import given
from hypothesis import strategies as st

from models.facts import DigestItem, UnitCount
from notifiers import digest
from xiaohao.vocabulary import Light, RectificationClass, Role, StepKind

LONG_TERM = RectificationClass.LONG_TERM
NO_NEXT: dict[str, Any] = {"next_on": None, "next_role": None, "next_unit": None}


def lines_of(item: DigestItem, **but: object) -> list[str]:
    """The lines under the heading of one item, without their indentation."""
    said = digest.message(digest_of(item, **but)).items[0].text.splitlines()
    return [line.strip() for line in said[1:]]


def test_a_secretary_reads_on_one_screen_what_is_late_what_is_asked_and_who_hears_next() -> None:
    facts = digest_of(
        overdue(late=True, nights_late=3, crossed_on=date(2026, 11, 21), co_units=("区交通局",)),
        near(),
        other_overdue=3,
        page_url="https://ledger.example/n/1",
        checkpoint="1842·9f3c61d0",
    )
    message = digest.message(facts)
    assert message.subject == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert (
        message.text
        == """\
四季花城社区党支部书记 王建国同志：
截至2026年11月24日，您负责的问题有 2 件需要办理。
1. 🔴红灯 HL-2026-0007 小区东门道路破损
   四季花城社区 · 立行立改 · 一级督办 · 协办：区交通局
   已逾期 4 天（时限 11月20日）
   请今日反馈进展，抓紧办结；11月25日仍未办结的，将报孟轲乡分管领导。
   补发：应于11月21日通知，迟 3 夜
2. 🟡黄灯 HL-2026-0031 供水管道老化
   四季花城社区 · 限期整改 · 预警
   还有 3 天到期（时限 11月27日）
   请抓紧整改、按期办结，确需延期的请提前申请；11月28日仍未办结的，将列为一级督办。
另有 3 件逾期未办结。
查看并点“已阅”：https://ledger.example/n/1
留痕检查点 1842·9f3c61d0"""
    )


def test_a_leader_above_several_units_reads_counts_by_unit_then_three_in_full_then_the_rest_counted() -> None:
    facts = digest_of(
        overdue("HL-1", level=2, repeat=1, **NO_NEXT),
        overdue("HL-2", level=2, next_on=date(2026, 12, 1), next_role=Role.SUPERVISOR, next_unit="华龙区"),
        overdue("HL-3", unit="王助村", level=2, **NO_NEXT),
        near("HL-4", unit="王助村"),
        near("HL-5"),
        recipient="李明",
        roles=(Role.LEADER,),
        unit="孟轲乡",
        in_place_of=("张华",),
        passed_up_from=("四季花城社区党支部书记",),
        counts_by_unit=(UnitCount(unit="四季花城社区", count=3), UnitCount(unit="王助村", count=2)),
    )
    message = digest.message(facts)
    assert message.subject == "🔴 督办通知：逾期 3 件、临期 2 件"
    assert (
        message.text
        == """\
孟轲乡分管领导 李明同志：
（代张华同志履职，本通知由您办理。）
（四季花城社区党支部书记空缺，本通知转由您办理。）
截至2026年11月24日，您分管的问题有 5 件需要督促办理。
分单位：四季花城社区 3 件、王助村 2 件。
1. 🔴红灯 HL-1 小区东门道路破损
   四季花城社区 · 立行立改 · 二级第2次督办
   已逾期 4 天（时限 11月20日）
   请督促责任单位办结，明确办结时间；此后定期督办，直至办结。
2. 🔴红灯 HL-2 小区东门道路破损
   四季花城社区 · 立行立改 · 二级督办
   已逾期 4 天（时限 11月20日）
   请督促责任单位办结，明确办结时间；12月1日仍未办结的，将报华龙区督查员。
3. 🔴红灯 HL-3 小区东门道路破损
   王助村 · 立行立改 · 二级督办
   已逾期 4 天（时限 11月20日）
   请督促责任单位办结，明确办结时间；此后定期督办，直至办结。
其余 2 件：临期 2 件。"""
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            overdue(level=3, repeat=2, days_overdue=25, next_on=date(2026, 12, 1), next_role=None),
            [
                "四季花城社区 · 立行立改 · 三级第3次督办",
                "已逾期 25 天（时限 11月20日）",
                "请跟踪督查，直至销号；12月1日仍未办结的，将再次督办。",
            ],
        ),
        (
            near(
                kind=StepKind.ESCALATION, rectification_class=LONG_TERM, level=1, days_overdue=5,
                due_on=date(2026, 11, 19), next_on=date(2026, 11, 26), next_role=Role.LEADER, next_unit="孟轲乡",
            ),
            [
                "四季花城社区 · 长期整改 · 一级督办",
                "整改进展报告已逾期 5 天（应报日 11月19日）",
                "请尽快报告整改进展；11月26日仍未报告进展的，将报孟轲乡分管领导。",
            ],
        ),
        (
            near(kind=StepKind.ESCALATION, rectification_class=LONG_TERM, level=2, days_overdue=12,
                 due_on=date(2026, 11, 12), **NO_NEXT),
            [
                "四季花城社区 · 长期整改 · 二级督办",
                "整改进展报告已逾期 12 天（应报日 11月12日）",
                "请督促责任单位报告整改进展；此后定期督办，直至报告进展。",
            ],
        ),
        (
            near(rectification_class=LONG_TERM, due_on=date(2026, 12, 1), next_on=date(2026, 12, 2)),
            [
                "四季花城社区 · 长期整改 · 预警",
                "还有 7 天应报整改进展（应报日 12月1日）",
                "请按时报告整改进展；12月2日仍未报告进展的，将列为一级督办。",
            ],
        ),
        (
            near(kind=StepKind.TAKE_UP, level=1, light=Light.GREEN, due_on=date(2026, 11, 20),
                 next_on=date(2026, 11, 27), next_role=Role.LEADER, next_unit="孟轲乡"),
            [
                "四季花城社区 · 限期整改 · 未签收",
                "11月20日登记，至今未签收",
                "请尽快签收，明确责任人；11月27日仍未签收的，将报孟轲乡分管领导。",
            ],
        ),
        (
            near(kind=StepKind.TAKE_UP, level=2, light=Light.GREEN, due_on=date(2026, 11, 20), **NO_NEXT),
            ["四季花城社区 · 限期整改 · 未签收", "11月20日登记，至今未签收", "请督促责任单位尽快签收。"],
        ),
        (
            near(kind=StepKind.VERIFY_WAIT, level=2, repeat=1, light=Light.RED, due_on=date(2026, 11, 10),
                 next_on=date(2026, 12, 1), next_role=None),
            [
                "四季花城社区 · 限期整改 · 待复核（第2次提醒）",
                "11月10日申请销号，至今未复核",
                "请尽快安排复核，作出通过或退回的决定；12月1日仍未复核的，将再次提醒。",
            ],
        ),
        (
            near(repeat=1, due_on=date(2026, 11, 24), **NO_NEXT),
            ["四季花城社区 · 限期整改 · 预警", "今日到期（时限 11月24日）", "请抓紧整改、按期办结，确需延期的请提前申请。"],
        ),
        (
            overdue(due_on=date(2025, 12, 31), days_overdue=328, late=True, crossed_on=date(2026, 1, 1)),
            [
                "四季花城社区 · 立行立改 · 一级督办",
                "已逾期 328 天（时限 2025年12月31日）",  # another year is said
                "请今日反馈进展，抓紧办结；11月25日仍未办结的，将报孟轲乡分管领导。",
                "补发：应于1月1日通知",  # late through an act, no night was missed
            ],
        ),
    ],
)  # fmt: skip
def test_every_kind_of_step_says_how_it_stands_what_is_asked_and_what_comes_next(
    item: DigestItem, expected: list[str]
) -> None:
    assert lines_of(item) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (overdue(), "1. 🔴红灯 HL-2026-0007 小区东门道路破损"),
        (near(), "1. 🟡黄灯 HL-2026-0031 供水管道老化"),
        (near(kind=StepKind.ESCALATION, rectification_class=LONG_TERM, level=1), "1. 🟡黄灯·督 HL-2026-0031 供水管道老化"),
        (overdue(light=None), "1. HL-2026-0007 小区东门道路破损"),  # suspended since: no light
    ],
)  # fmt: skip
def test_colour_is_a_lamp_and_its_word(item: DigestItem, expected: str) -> None:
    assert digest.message(digest_of(item)).items[0].text.splitlines()[0] == expected


def test_a_warning_to_the_clerk_says_that_the_secretary_hears_next() -> None:
    said = lines_of(near(), roles=(Role.CLERK,))
    assert said[-1].endswith("11月28日仍未办结的，将报四季花城社区党支部书记。")


def test_a_branch_is_not_named_twice_in_a_post() -> None:
    head = digest.message(digest_of(overdue(), unit="四季花城社区党支部")).head.text
    assert head.startswith("四季花城社区党支部书记 王建国同志：")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((overdue(late=True), near(late=True)), "🔴 督办通知（补发）：逾期 1 件、临期 1 件"),
        ((overdue(late=True), near()), "🔴 督办通知：逾期 1 件、临期 1 件"),
        ((near(),), "🟡 预警提醒：临期 1 件"),
        ((near(kind=StepKind.TAKE_UP, level=1, light=Light.GREEN), near()), "🟡 签收提醒：未签收 1 件、临期 1 件"),
        ((near(kind=StepKind.VERIFY_WAIT, light=None),), "复核提醒：待复核 1 件"),
        ((near(kind=StepKind.ESCALATION, rectification_class=LONG_TERM, level=1),), "🟡 督办通知：待报进展 1 件"),
    ],
)  # fmt: skip
def test_the_lock_screen_shows_the_worst_light_and_how_many(
    items: tuple[DigestItem, ...], expected: str
) -> None:
    assert digest.message(digest_of(*items)).subject == expected


@pytest.mark.parametrize(
    ("item", "urgent"),
    [
        (overdue(level=1), True),  # to be put right at once, and late
        (near(kind=StepKind.ESCALATION, level=2), False),
        (near(kind=StepKind.ESCALATION, level=3), True),
        (overdue(kind=StepKind.WARNING, level=0), False),
    ],
)
def test_only_the_top_level_and_overdue_immediate_problems_break_the_window(
    item: DigestItem, urgent: bool
) -> None:
    assert digest.message(digest_of(near(), item)).urgent is urgent


def test_markdown_is_bold_and_links_only_and_the_ledgers_text_is_no_markup() -> None:
    title = "*急* [点我](https://bad.example) <@all> `x`\n# 东门"
    message = digest.message(digest_of(overdue(title=title), page_url="https://ledger.example/n/1"))
    heading = message.items[0].markdown.splitlines()[0]
    assert heading.startswith("**1. 🔴红灯 HL-2026-0007 ")
    assert not set("*[<`>\n_]") & set(heading.removeprefix("**").removesuffix("**"))
    assert (
        message.items[0].text.splitlines()[0].endswith("*急* [点我](https://bad.example) <@all> `x` # 东门")
    )
    assert message.markdown.endswith("\n[查看并点“已阅”](https://ledger.example/n/1)")


def test_a_title_is_one_line_and_not_longer_than_a_phone_shows() -> None:
    heading = (
        digest.message(digest_of(overdue(title="道路\r\n\u202e破损\u200b\x1b[31m" + "很" * 99))).items[0].text
    )
    first = heading.splitlines()[0].removeprefix("1. 🔴红灯 HL-2026-0007 ")
    assert first.startswith("道路 破损 [31m很")
    assert len(first) == 60
    assert first.endswith("…")


def test_above_many_units_the_largest_are_named_and_all_are_counted() -> None:
    counts = tuple(UnitCount(unit=f"第{n}社区", count=n) for n in range(1, 71))
    facts = digest_of(overdue(), roles=(Role.LEADER,), unit="孟轲乡", counts_by_unit=counts)
    named = "第70社区 70 件、第69社区 69 件、第68社区 68 件、第67社区 67 件、第66社区 66 件"
    assert digest.message(facts).head.text.splitlines()[-1] == f"分单位：{named}等 70 个单位。"
    assert "第1社区 1 件、第2社区 2 件、" in digest.page(facts).head.text  # the page has room for all


def test_of_five_units_all_are_named_in_their_own_order() -> None:
    counts = tuple(UnitCount(unit=f"{name}村", count=n) for n, name in enumerate("甲乙丙丁戊", start=1))
    head = digest.message(digest_of(overdue(), counts_by_unit=counts)).head.text
    assert head.endswith("\n分单位：甲村 1 件、乙村 2 件、丙村 3 件、丁村 4 件、戊村 5 件。")


def test_of_many_co_units_persons_and_vacant_posts_three_are_named() -> None:
    many = tuple(f"第{n}村" for n in range(1, 8))
    assert lines_of(overdue(co_units=many))[0].endswith(" · 协办：第1村、第2村、第3村等 7 个单位")
    assert lines_of(overdue(co_units=many[:3]))[0].endswith(" · 协办：第1村、第2村、第3村")
    head = digest.message(digest_of(overdue(), in_place_of=many, passed_up_from=many)).head.text.splitlines()
    assert head[1:3] == [
        "（代第1村、第2村、第3村等 7 位同志履职，本通知由您办理。）",
        "（第1村、第2村、第3村等 7 个岗位空缺，本通知转由您办理。）",
    ]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("见https://bad.example/x", "见https：//bad.example/x"),
        ("HTTP://bad.example", "HTTP：//bad.example"),
        ("weixin://dl/chat", "weixin：//dl/chat"),
        ("www.bad.example 与 WWW.bad.example", "www．bad.example 与 WWW．bad.example"),
        ("12:30 / 1.5 米", "12:30 / 1.5 米"),
    ],
)
def test_a_bare_address_in_a_title_is_no_link_in_markdown(said: str, shown: str) -> None:
    item = digest.message(digest_of(overdue(title=said))).items[0]
    assert item.markdown.splitlines()[0] == f"**1. 🔴红灯 HL-2026-0007 {shown}**"
    assert item.text.splitlines()[0].endswith(said)


@given(
    st.lists(
        st.sampled_from([overdue(), near(), near(kind=StepKind.TAKE_UP), overdue(light=None)]), max_size=9
    ),
    st.integers(0, 5),
)
def test_the_same_facts_give_the_same_bytes_and_no_item_is_lost(items: list[DigestItem], others: int) -> None:
    facts = digest_of(*items, other_overdue=others)
    message = digest.message(facts)
    assert message == digest.message(facts)
    rest = len(items) - len(message.items)
    assert len(message.items) == min(len(items), 3)
    assert (f"其余 {rest} 件" in message.text) == (rest > 0)
    assert (f"另有 {others} 件逾期未办结。" in message.text) == (others > 0)
