"""Working days with swaps, by the notices of the State Council for 2026 and the years around it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohao.calendar_file import shipped_days, workdays_of
from xiaohao.rules.workdays import Workdays

CALENDAR = workdays_of(shipped_days())
DAYS = st.dates(date(2004, 1, 1), date(2040, 12, 31))


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "working", "called"),
    [
        ("2026-09-23", True, "工作日"),  # an ordinary Wednesday
        ("2026-10-10", True, "国庆节调休上班"),  # a Saturday worked for National Day
        ("2026-09-20", True, "国庆节调休上班"),  # a Sunday worked for National Day
        ("2026-10-01", False, "国庆节"),  # a Thursday
        ("2026-10-05", False, "国庆节"),  # a Monday in lieu of Saturday the 3rd
        ("2026-10-07", False, "国庆节"),  # a Wednesday swapped against Saturday the 10th
        ("2026-09-25", False, "中秋节"),  # Friday, the festival itself
        ("2026-10-17", False, "周六"),
        ("2026-10-11", False, "周日"),  # the Sunday after a worked Saturday
        ("2026-02-16", False, "春节"),  # New Year's Eve counts to the festival
        ("2027-01-01", False, "元旦"),  # statutory, known before any notice
        ("2027-10-09", False, "周六"),  # a swap that is not announced is not guessed
    ],
)
def test_a_day_is_worked_or_not_and_has_a_name(day: str, working: bool, called: str) -> None:
    assert (CALENDAR.is_working(on(day)), CALENDAR.why(on(day))) == (working, called)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-09-21", 1, "2026-09-22"),  # the day itself is not counted
        ("2026-09-24", 1, "2026-09-28"),  # 25 to 27 September: Mid-Autumn
        ("2026-09-24", 3, "2026-09-30"),  # 28, 29, 30
        ("2026-09-30", 1, "2026-10-08"),  # the first day after the seven days off
        ("2026-09-30", 3, "2026-10-10"),  # 8, 9 and the worked Saturday
        ("2026-10-03", 1, "2026-10-08"),  # counted from a day off
        ("2026-02-13", 1, "2026-02-14"),  # the Saturday before the Spring Festival is worked
        ("2026-02-14", 1, "2026-02-24"),  # nine days off
        ("2025-12-31", 1, "2026-01-04"),  # over New Year onto a worked Sunday
        ("2026-12-31", 1, "2027-01-04"),  # over New Year into a year without a notice
        ("2027-02-04", 1, "2027-02-09"),  # not announced: the four statutory days and no more
    ],
)
def test_working_days_are_counted_forwards(day: str, count: int, expected: str) -> None:
    assert CALENDAR.after(on(day), count) == on(expected)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-09-22", 1, "2026-09-21"),  # the day itself is not counted
        ("2026-09-28", 1, "2026-09-24"),  # back over Mid-Autumn
        ("2026-10-08", 1, "2026-09-30"),  # back over National Day
        ("2026-10-12", 1, "2026-10-10"),  # Monday, back to the worked Saturday
        ("2026-10-10", 3, "2026-09-30"),  # 9, 8, 30
        ("2026-10-05", 1, "2026-09-30"),  # counted from a day off
        ("2026-01-05", 2, "2025-12-31"),  # back over New Year: the worked Sunday, then 31 December
    ],
)
def test_working_days_are_counted_backwards(day: str, count: int, expected: str) -> None:
    assert CALENDAR.before(on(day), count) == on(expected)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-09-24", "2026-09-24"),  # a working day stands
        ("2026-09-26", "2026-09-28"),  # Saturday in Mid-Autumn: Monday
        ("2026-10-01", "2026-10-08"),  # the first day of National Day
        ("2026-10-10", "2026-10-10"),  # a worked Saturday stands
        ("2026-10-11", "2026-10-12"),  # the Sunday after it does not
    ],
)
def test_a_last_day_off_moves_to_the_next_working_day(day: str, expected: str) -> None:
    """Civil Code art. 203."""
    assert CALENDAR.on_or_after(on(day)) == on(expected)


@pytest.mark.parametrize(
    ("day", "until", "count"),
    [
        ("2026-09-24", "2026-09-30", 3),  # 28, 29, 30: the last day is counted, the first is not
        ("2026-09-30", "2026-10-10", 3),  # 8, 9 and the worked Saturday
        ("2026-10-01", "2026-10-07", 0),  # the seven days off
        ("2026-10-09", "2026-10-11", 1),  # the worked Saturday, not the Sunday
        ("2026-10-09", "2026-10-09", 0),
        ("2026-10-10", "2026-10-08", 0),  # backwards
    ],
)
def test_working_days_between_two_days(day: str, until: str, count: int) -> None:
    assert CALENDAR.between(on(day), on(until)) == count


@given(DAYS, st.integers(1, 60))
@settings(deadline=None)
def test_counting_agrees_with_walking_day_by_day(day: date, count: int) -> None:
    """The same by the slowest way there is; and back again leads to the start or to its neighbour."""
    later, left = day, count
    while left:
        later = date.fromordinal(later.toordinal() + 1)
        left -= CALENDAR.is_working(later)
    assert CALENDAR.after(day, count) == later
    assert CALENDAR.between(day, later) == count
    assert CALENDAR.before(later, count) == (day if CALENDAR.is_working(day) else CALENDAR.before(day, 1))
    assert CALENDAR.on_or_after(later) == later


def test_without_exceptions_a_week_is_monday_to_friday() -> None:
    plain = Workdays({})
    assert plain.after(on("2026-10-01"), 1) == on("2026-10-02")
    assert plain.why(on("2026-10-01")) == "工作日"
    assert plain.on_or_after(on("2026-10-03")) == on("2026-10-05")


def test_a_day_without_a_name_is_called_by_what_it_is() -> None:
    nameless = Workdays({on("2027-02-14"): True, on("2027-02-10"): False})
    assert nameless.why(on("2027-02-14")) == "调休上班"
    assert nameless.why(on("2027-02-10")) == "放假"


def test_a_year_is_announced_up_to_its_last_day() -> None:
    calendar = Workdays({}, announced_until=2026)
    assert calendar.announced(on("2026-12-31"))
    assert not calendar.announced(on("2027-01-01"))


@pytest.mark.parametrize("day", ["1980-05-04", "1989-12-29", "2080-01-02", "2099-12-31"])
def test_no_day_outside_1990_to_2079_is_counted(day: str) -> None:
    """A wrong year never turns silently into a day at the edge of the calendar."""
    for count in (lambda d: CALENDAR.after(d, 1), lambda d: CALENDAR.before(d, 1), CALENDAR.on_or_after):
        with pytest.raises(ValueError, match="outside the calendar"):
            count(on(day))


def test_a_count_that_leads_out_of_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        CALENDAR.after(on("2079-12-20"), 20)
    with pytest.raises(ValueError, match="outside the calendar"):
        CALENDAR.before(on("1990-01-10"), 20)
