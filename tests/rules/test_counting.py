"""Counting days, weeks, working days and months (Civil Code art. 201-203), with suspended days."""

from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohao.calendar_file import shipped_days, workdays_of
from xiaohao.rules.counting import NOT_SUSPENDED, Counter, Suspensions, Term, add_months
from xiaohao.vocabulary import TermUnit

CALENDAR = workdays_of(shipped_days())
PLAIN = Counter(CALENDAR)

DAYS = st.dates(date(2010, 1, 1), date(2035, 12, 31))
TERMS = st.builds(Term, st.integers(1, 40), st.sampled_from([TermUnit.DAY, TermUnit.WORKDAY, TermUnit.WEEK]))
SPANS = st.builds(
    lambda first, days: (first, date.fromordinal(first.toordinal() + days)), DAYS, st.integers(0, 30)
)


def on(text: str) -> date:
    return date.fromisoformat(text)


def suspended(*spans: str) -> Suspensions:
    """Suspensions written "2026-10-12/2026-10-16", first and last day inclusive."""
    return Suspensions.of((on(span[:10]), on(span[11:])) for span in spans)


@pytest.mark.parametrize(
    ("found_on", "term", "expected"),
    [
        ("2026-09-21", "1 day", "2026-09-22"),  # the day of finding is not counted (art. 201)
        ("2026-09-23", "3 days", "2026-09-28"),  # ends on Saturday the 26th, Mid-Autumn: moves on (art. 203)
        ("2026-09-28", "3 days", "2026-10-08"),  # ends on 1 October: moves to the first day worked
        ("2026-10-07", "3 days", "2026-10-10"),  # a Saturday, and worked: stands
        ("2026-10-08", "3 days", "2026-10-12"),  # a Sunday
        ("2026-09-24", "3 workdays", "2026-09-30"),  # 25 to 27 September are days off
        ("2026-09-30", "3 workdays", "2026-10-10"),  # 8, 9 and the worked Saturday (调休)
        ("2026-10-03", "1 workday", "2026-10-08"),  # found on a day off
        ("2026-10-12", "2 weeks", "2026-10-26"),  # Monday to Monday
        ("2026-09-17", "2 weeks", "2026-10-08"),  # ends on 1 October
        ("2026-07-20", "1 month", "2026-08-20"),  # the corresponding day (art. 202)
        ("2026-08-31", "3 months", "2026-11-30"),  # November has no 31st: its last day
        ("2026-01-31", "1 month", "2026-02-28"),  # the last of February, a worked Saturday
        ("2025-01-31", "1 month", "2025-02-28"),
        ("2024-01-31", "1 month", "2024-02-29"),  # a leap year
        ("2023-11-30", "3 months", "2024-02-29"),  # over the year's end into a leap year
        ("2026-07-01", "3 months", "2026-10-08"),  # ends on 1 October
        ("2026-02-28", "1 month", "2026-03-30"),  # the 28th corresponds, not the last day; a Saturday
        ("2026-10-15", "12 months", "2027-10-15"),  # the same day of the next year
    ],
)
def test_the_last_day_is_counted_as_the_civil_code_says(found_on: str, term: str, expected: str) -> None:
    assert PLAIN.last_day(on(found_on), Term.parse(term)) == on(expected)


@pytest.mark.parametrize(
    ("due_on", "term", "expected"),
    [
        ("2026-10-12", "1 workday", "2026-10-10"),  # Monday's last working day before is a Saturday
        ("2026-10-08", "1 workday", "2026-09-30"),  # back over National Day
        ("2026-10-08", "7 days", "2026-10-01"),  # calendar days, and no moving off a day off
        ("2026-10-08", "3 days", "2026-10-05"),
        ("2026-10-15", "2 weeks", "2026-10-01"),
        ("2026-12-31", "3 months", "2026-09-30"),  # September has no 31st
        ("2026-03-31", "1 month", "2026-02-28"),
    ],
)
def test_so_many_days_before_the_last_day(due_on: str, term: str, expected: str) -> None:
    """Decision 5: the n-th counted day before."""
    assert PLAIN.before(on(due_on), Term.parse(term)) == on(expected)


@pytest.mark.parametrize(
    ("due_on", "term", "expected"),
    [
        ("2026-09-30", "1 day", "2026-10-01"),  # red and level 1 come on the next day, day off or not (6)
        ("2026-09-30", "3 workdays", "2026-10-10"),
        ("2026-09-30", "7 workdays", "2026-10-15"),  # 8, 9, 10, 12, 13, 14, 15
        ("2026-10-03", "1 day", "2026-10-04"),  # from a last day that was given as a day off
        ("2026-09-26", "1 week", "2026-10-03"),  # no moving
    ],
)
def test_a_level_comes_on_the_counted_day_and_never_moves_off_a_day_off(
    due_on: str, term: str, expected: str
) -> None:
    """Decisions 6, 7 and 11."""
    assert PLAIN.after(on(due_on), Term.parse(term)) == on(expected)


# The district stops the works from Monday 12 to Friday 16 October 2026.
STOPPED = suspended("2026-10-12/2026-10-16")


@pytest.mark.parametrize(
    ("found_on", "term", "expected"),
    [
        ("2026-10-08", "3 workdays", "2026-10-19"),  # 9, 10 (worked); 12 to 16 are no days; 19
        ("2026-10-09", "7 days", "2026-10-21"),  # 10, 11, 17, 18, 19, 20, 21
        ("2026-10-09", "1 week", "2026-10-21"),  # the same
        ("2026-09-15", "1 month", "2026-10-20"),  # 15 October, then a day for each of 12 to 15, and a day off
        ("2026-09-10", "1 month", "2026-10-10"),  # ends before the works were stopped
        ("2026-10-19", "3 days", "2026-10-22"),  # begins after it
    ],
)
def test_a_suspended_day_is_no_day_in_any_count(found_on: str, term: str, expected: str) -> None:
    """Decision 28; of months the corresponding day comes first, then a day for each suspended one (3)."""
    assert Counter(CALENDAR, STOPPED).last_day(on(found_on), Term.parse(term)) == on(expected)


@pytest.mark.parametrize(
    ("due_on", "term", "expected"),
    [
        ("2026-10-19", "1 workday", "2026-10-10"),  # back over the stopped week to the worked Saturday
        ("2026-10-19", "3 days", "2026-10-11"),  # 18, 17, 11
        ("2026-10-23", "3 days", "2026-10-20"),  # does not reach it
    ],
)
def test_days_before_the_last_day_leave_out_suspended_ones(due_on: str, term: str, expected: str) -> None:
    assert Counter(CALENDAR, STOPPED).before(on(due_on), Term.parse(term)) == on(expected)


@pytest.mark.parametrize(
    ("given", "since", "expected"),
    [
        ("2026-10-14", "2026-10-08", "2026-10-19"),  # 12, 13, 14 made good: 17, 18, 19
        ("2026-10-13", "2026-10-08", "2026-10-19"),  # ends on Sunday the 18th: to Monday
        ("2026-10-11", "2026-10-08", "2026-10-11"),  # before the stop: stands, though a Sunday
        ("2026-10-30", "2026-10-19", "2026-10-30"),  # given after it: stands
        ("2026-10-08", "2026-10-08", "2026-10-08"),  # already past when the count began: stands
    ],
)
def test_a_given_date_is_made_good_for_suspended_days(given: str, since: str, expected: str) -> None:
    """Decisions 29 and 32."""
    assert Counter(CALENDAR, STOPPED).moved(on(given), on(since)) == on(expected)


def test_a_given_date_without_a_suspension_stands_as_given() -> None:
    assert PLAIN.moved(on("2026-10-03"), on("2026-09-01")) == on("2026-10-03")


def test_a_last_day_moves_past_a_suspended_day_too() -> None:
    """Decision 29: to a working day that is not suspended."""
    counter = Counter(CALENDAR, suspended("2026-10-08/2026-10-10"))
    assert counter.on_or_after(on("2026-10-02")) == on("2026-10-12")


@pytest.mark.parametrize(
    ("day", "counted", "worked"),
    [
        ("2026-10-09", True, True),
        ("2026-10-11", True, False),  # a Sunday
        ("2026-10-12", False, False),  # the first suspended day
        ("2026-10-16", False, False),  # the last one, inclusive
        ("2026-10-17", True, False),
        ("2026-10-10", True, True),  # a worked Saturday
    ],
)
def test_which_days_count(day: str, counted: bool, worked: bool) -> None:
    counter = Counter(CALENDAR, STOPPED)
    assert counter.counts(on(day), working=False) is counted
    assert counter.counts(on(day), working=True) is worked


@pytest.mark.parametrize(
    ("spans", "key"),
    [
        ([], ""),
        (["2026-10-12/2026-10-16"], "2026-10-12/2026-10-16"),
        (["2026-10-12/2026-10-16", "2026-10-14/2026-10-20"], "2026-10-12/2026-10-20"),  # overlapping are one
        (["2026-10-17/2026-10-20", "2026-10-12/2026-10-16"], "2026-10-12/2026-10-20"),  # touching too
        (["2026-10-12/2026-10-30", "2026-10-14/2026-10-15"], "2026-10-12/2026-10-30"),  # one in the other
        (
            ["2026-11-02/2026-11-02", "2026-10-12/2026-10-16"],
            "2026-10-12/2026-10-16,2026-11-02/2026-11-02",  # in order
        ),
        (["2026-10-16/2026-10-12"], ""),  # ends before it begins: no day
    ],
)
def test_suspensions_are_the_union_of_their_days(spans: list[str], key: str) -> None:
    """Decision 32."""
    assert suspended(*spans).key == key
    assert Suspensions.parse(key) == suspended(*spans)


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        ("2026-10-01", "2026-10-31", 5),
        ("2026-10-12", "2026-10-31", 4),  # the day after which is counted is not counted itself
        ("2026-10-11", "2026-10-12", 1),
        ("2026-10-13", "2026-10-15", 2),
        ("2026-10-16", "2026-10-31", 0),
        ("2026-10-01", "2026-10-11", 0),
    ],
)
def test_how_many_suspended_days_lie_between(after: str, until: str, days: int) -> None:
    assert STOPPED.days_between(on(after), on(until)) == days


@pytest.mark.parametrize(
    ("day", "key"),
    [
        ("2026-10-14", "2026-10-12/2026-10-13"),  # applied on the 14th: ends with the day before (33)
        ("2026-10-12", ""),  # not yet begun: cancelled
        ("2026-10-20", "2026-10-12/2026-10-16"),  # over already: stands
    ],
)
def test_a_suspension_is_cut_off_from_a_day_on(day: str, key: str) -> None:
    assert STOPPED.before(on(day)).key == key


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-31", -2, "2025-11-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_end_on_the_corresponding_day(day: str, months: int, expected: str) -> None:
    """Civil Code art. 202."""
    assert add_months(on(day), months) == on(expected)


def test_review_days_are_each_counted_from_the_start() -> None:
    """Decision 35: a short month does not pull the later days forward."""
    months = [PLAIN.after(on("2026-08-31"), Term.parse("3 months"), times=times) for times in (1, 2, 3)]
    assert [day.isoformat() for day in months] == ["2026-11-30", "2027-02-28", "2027-05-31"]


@pytest.mark.parametrize(
    ("text", "count", "unit", "stored", "label"),
    [
        ("3 workdays", 3, TermUnit.WORKDAY, "3 workday", "3个工作日"),
        ("1 day", 1, TermUnit.DAY, "1 day", "1日"),
        (" 2 weeks ", 2, TermUnit.WEEK, "2 week", "2周"),
        ("12 months", 12, TermUnit.MONTH, "12 month", "12个月"),
    ],
)
def test_a_term_is_read_stored_and_shown(
    text: str, count: int, unit: TermUnit, stored: str, label: str
) -> None:
    term = Term.parse(text)
    assert (term, str(term), term.label) == (Term(count, unit), stored, label)
    assert Term.parse(stored) == term


@pytest.mark.parametrize(
    "text",
    ["", "3", "days", "three days", "0 days", "-1 days", "1.5 days", "3 years", "3workdays", "99999 days"],
)
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="term"):
        Term.parse(text)


@given(DAYS, TERMS, st.lists(SPANS, max_size=3))
@settings(deadline=None)
def test_counting_with_suspensions_agrees_with_walking(
    day: date, term: Term, spans: list[tuple[date, date]]
) -> None:
    """The n-th day that counts, found by the slowest way; a suspension elsewhere changes nothing."""
    counter = Counter(CALENDAR, Suspensions.of(spans))
    left = term.count * 7 if term.unit is TermUnit.WEEK else term.count
    later = day
    while left:
        later = date.fromordinal(later.toordinal() + 1)
        stopped = any(first <= later <= last for first, last in spans)
        left -= not stopped and (term.unit is not TermUnit.WORKDAY or CALENDAR.is_working(later))
    assert counter.after(day, term) == later
    if not counter.suspensions.days_between(day, later):
        assert PLAIN.after(day, term) == later


@pytest.mark.parametrize(
    ("day", "term", "expected"),
    [
        ("2026-09-30", "10 workdays", ["2026-10-20", "2026-11-03", "2026-11-17"]),  # 8, 9, 10, 12-16, 19, 20
        ("2026-09-30", "7 days", ["2026-10-07", "2026-10-14", "2026-10-21"]),  # days off are no matter (11)
        ("2026-08-31", "1 month", ["2026-09-30", "2026-10-31", "2026-11-30"]),  # each from the start
    ],
)
def test_the_top_level_comes_again_at_a_constant_distance(day: str, term: str, expected: list[str]) -> None:
    """Decision 9."""
    grid = islice(PLAIN.repeated(on(day), Term.parse(term)), 3)
    assert [(times, again.isoformat()) for times, again in grid] == list(enumerate(expected, start=1))


@given(DAYS, TERMS, st.lists(SPANS, max_size=2), st.integers(0, 6), st.integers(-20, 200))
@settings(deadline=None)
def test_repeats_are_so_many_terms_counted_at_once(
    day: date, term: Term, spans: list[tuple[date, date]], some: int, ahead: int
) -> None:
    """Decision 9; passing over what lies before `since` leaves the numbers and the last one before it."""
    counter = Counter(CALENDAR, Suspensions.of(spans))
    since = date.fromordinal(day.toordinal() + ahead)
    grid = list(islice(counter.repeated(day, term), some))
    assert grid == [(times, counter.after(day, term, times=times)) for times in range(1, some + 1)]
    late = list(islice(counter.repeated(day, term, since), 3))
    first = late[0][0]
    assert late == [(times, counter.after(day, term, times=times)) for times in range(first, first + 3)]
    assert first == 1 or late[0][1] < since


def test_a_count_that_never_ends_is_refused() -> None:
    for_ever = Counter(CALENDAR, suspended("2026-01-01/2126-01-01"))
    with pytest.raises(ValueError, match="outside every calendar"):
        for_ever.after(on("2026-10-08"), Term.parse("3 days"))
    assert not NOT_SUSPENDED.intervals
