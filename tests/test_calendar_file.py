"""The calendar: the library's days against the notices, the yearly file, and an office's own file."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from xiaohao.calendar_file import (
    LAST_ANNOUNCED,
    CalendarDay,
    read_office_days,
    shipped_days,
    workdays_of,
)
from xiaohao.errors import CalendarFault

CALENDAR = workdays_of(shipped_days())
HOLIDAYS = {"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}
ONCE_ONLY = {"中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日", "春节延长假期"}
YEARS_OF_THE_OTHER_LIBRARY = range(2004, 2027)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS_OF_THE_OTHER_LIBRARY)
def test_every_day_is_worked_or_off_as_the_yearly_notice_says(year: int) -> None:
    """Another library, kept by other people from the same notices, agrees on every single day."""
    seen = {on: CALENDAR.is_working(on) for on in days_of(year)}
    assert seen == {on: chinese_calendar.is_workday(on) for on in days_of(year)}


def test_the_days_are_in_order_each_once_and_all_against_their_weekday() -> None:
    days = shipped_days()
    assert list(days) == sorted(days)
    assert len({day.on for day in days}) == len(days)
    assert all(day.working == (day.on.weekday() >= 5) for day in days)
    assert {day.on.year for day in days} >= set(range(2004, 2036))


def test_each_day_has_the_name_of_a_holiday() -> None:
    assert {day.name for day in shipped_days()} == HOLIDAYS | ONCE_ONLY


@pytest.mark.parametrize(
    ("day", "called"),
    [
        ("2026-02-14", "春节调休上班"),
        ("2026-09-20", "国庆节调休上班"),  # five days before Mid-Autumn, and worked for National Day
        ("2026-09-25", "中秋节"),
        ("2025-10-06", "中秋节"),  # the festival itself, amid the days off of National Day
        ("2025-10-08", "国庆节"),  # swapped, in the same run
        ("2015-10-06", "国庆节"),  # in lieu of a Sunday in September, by the notice a part of National Day
        ("2012-10-05", "国庆节"),  # swapped, in a run that begins with Mid-Autumn
        ("2007-12-31", "元旦"),  # swapped before New Year, in the old year
        ("2007-12-29", "元旦调休上班"),  # and worked for it
        ("2025-01-28", "春节"),  # New Year's Eve
        ("2020-01-31", "春节延长假期"),
        ("2024-05-11", "劳动节调休上班"),
        ("2023-06-22", "端午节"),
        ("2027-10-01", "国庆节"),
    ],
)
def test_a_day_is_called_by_the_holiday_it_belongs_to(day: str, called: str) -> None:
    assert CALENDAR.why(date.fromisoformat(day)) == called


@pytest.mark.parametrize("year", range(LAST_ANNOUNCED + 1, 2036))
def test_a_year_without_a_notice_has_the_statutory_days_off_and_nothing_guessed(year: int) -> None:
    """Decision 45: 13 days since 2025, weekends among them not made good, no weekend worked."""
    days = [day for day in shipped_days() if day.on.year == year]
    assert not any(day.working for day in days)
    statutory = {"元旦": 1, "春节": 4, "清明节": 1, "劳动节": 2, "端午节": 1, "中秋节": 1, "国庆节": 3}
    found = Counter(day.name for day in days)
    assert all(found[name] <= most for name, most in statutory.items())
    assert all(not CALENDAR.announced(day.on) for day in days)
    for fixed in ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03"):
        assert not CALENDAR.is_working(date.fromisoformat(f"{year}-{fixed}"))
    off_in_the_week = sum(on.weekday() < 5 and not CALENDAR.is_working(on) for on in days_of(year))
    assert off_in_the_week == len(days) <= 13


def test_2027_before_its_notice() -> None:
    if LAST_ANNOUNCED >= 2027:
        pytest.skip("the notice for 2027 is in")
    assert [(day.on.isoformat()[5:], day.name) for day in shipped_days() if day.on.year == 2027] == [
        ("01-01", "元旦"),
        ("02-05", "春节"),  # New Year's Eve; the 6th and 7th are a weekend
        ("02-08", "春节"),
        ("04-05", "清明节"),
        ("06-09", "端午节"),
        ("09-15", "中秋节"),
        ("10-01", "国庆节"),  # the 2nd and 3rd are a weekend
    ]


def test_the_last_announced_year_has_swaps() -> None:
    """Raising `last_announced` before the library knows the notice would leave the year without any."""
    assert any(day.working for day in shipped_days() if day.on.year == LAST_ANNOUNCED)
    assert CALENDAR.announced_until == LAST_ANNOUNCED


def written(folder: Path, text: str) -> Path:
    file = folder / "本区日历.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_office_names_its_own_days(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        [[days]]
        on = 2027-02-14
        working = true
        name = "春节"

        [[days]]
        on = 2027-02-09      # 初四
        working = false
        name = "春节"

        [[days]]
        on = 2027-03-01
        working = false
        """,
    )
    days = read_office_days(file)
    assert days == (
        CalendarDay(date(2027, 2, 9), False, "春节"),
        CalendarDay(date(2027, 2, 14), True, "春节"),
        CalendarDay(date(2027, 3, 1), False, ""),
    )
    calendar = workdays_of([*shipped_days(), *days], announced_until=2027, version=2)
    assert calendar.after(date(2027, 2, 4), 1) == date(2027, 2, 10)
    assert calendar.why(date(2027, 2, 14)) == "春节调休上班"
    assert calendar.why(date(2027, 3, 1)) == "放假"
    assert (calendar.announced_until, calendar.version) == (2027, 2)


def test_an_office_may_take_a_shipped_day_back(tmp_path: Path) -> None:
    file = written(tmp_path, "[[days]]\non = 2026-10-10\nworking = false\n")
    assert workdays_of([*shipped_days(), *read_office_days(file)]).on_or_after(date(2026, 10, 10)) == date(
        2026, 10, 12
    )


def test_a_file_that_was_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, "\ufeff[[days]]\non = 2027-03-01\nworking = false\n")
    assert [day.on for day in read_office_days(file)] == [date(2027, 3, 1)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "days：缺少 [[days]]，每天一节，写 on、working、name 三项"),
        ("days = 3", "days：缺少 [[days]]，每天一节，写 on、working、name 三项"),
        ("days = [3]", "days[0]：应写成一节，以 [[days]] 开头"),
        ("[[day]]\non = 2027-03-01", "day：没有这一项，只能写 [[days]]"),
        ("[[days]]\nworking = true", "days[0].on：应是日期，不加引号，如 2027-02-14"),
        ('[[days]]\non = "2027-03-01"\nworking = true', "days[0].on：应是日期，不加引号，如 2027-02-14"),
        (
            "[[days]]\non = 2027-03-01T08:00:00\nworking = true",
            "days[0].on：应是日期，不加引号，如 2027-02-14",
        ),
        ("[[days]]\non = 1927-03-01\nworking = true", "days[0].on：1927-03-01 不在 1990 年至 2079 年之间"),
        ("[[days]]\non = 2027-03-01", "days[0].working：应是 true（上班）或 false（放假），不加引号"),
        (
            '[[days]]\non = 2027-03-01\nworking = "是"',
            "days[0].working：应是 true（上班）或 false（放假），不加引号",
        ),
        (
            "[[days]]\non = 2027-03-01\nworking = true\nname = 3",
            'days[0].name：应是加引号的文字，如 "春节"',
        ),
        (
            '[[days]]\non = 2027-03-01\nworking = true\nnmae = "春节"',
            "days[0].nmae：没有这一项，可用的有 on、working、name",
        ),
        (
            "[[days]]\non = 2027-03-01\nworking = true\n[[days]]\non = 2027-03-01\nworking = false",
            "days[1].on：2027-03-01 写了两次，请删去一处",
        ),
    ],
)
def test_a_fault_is_named_with_its_file_and_key_path(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(CalendarFault) as refused:
        read_office_days(written(tmp_path, text))
    assert fault in refused.value.missing
    assert str(refused.value).startswith("日历文件 本区日历.toml 有错，日历未启用：")
    assert fault in str(refused.value)


def test_every_fault_of_a_file_is_found_at_once(tmp_path: Path) -> None:
    text = '[[days]]\non = "x"\nworking = 1\n[[days]]\non = 2027-03-01\nworking = true\nname = 4\n'
    with pytest.raises(CalendarFault) as refused:
        read_office_days(written(tmp_path, text))
    assert [fault.split("：")[0] for fault in refused.value.missing] == [
        "days[0].on",
        "days[0].working",
        "days[1].name",
    ]


def test_a_file_that_is_no_toml_is_refused_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(CalendarFault, match=r"本区日历\.toml 不是有效的 TOML：.*line 2"):
        read_office_days(written(tmp_path, "[[days]]\non = 2027-13-45\n"))


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalendarFault, match=r"没有\.toml 读不了，请确认文件存在并以 UTF-8 保存"):
        read_office_days(tmp_path / "没有.toml")
    file = tmp_path / "旧.toml"
    file.write_bytes('[[days]]\nname = "春节"'.encode("gb18030"))
    with pytest.raises(CalendarFault, match=r"旧\.toml 读不了"):
        read_office_days(file)
