"""Festivals that people name a deadline by (国庆节前, 春节前): the day of each in a year.

Days are of the Gregorian calendar, 1990 to 2079 inclusive, as in `xiaohao.rules.workdays`.
The lunar ones are a table, a day a year as month and two-digit day (127 is 27 January).
"""

from collections.abc import Callable
from datetime import date, timedelta

FIRST_YEAR = 1990
_SPRING = (
    "127 215 204 123 210 131 219 207 128 216 205 124 212 201 122 209 129 218 207 126 214 203 123 210 131 "
    "219 208 128 216 205 125 212 201 122 210 129 217 206 126 213 203 123 211 131 219 208 128 215 204 124 "
    "212 201 122 210 130 217 206 126 214 202 123 211 201 219 208 128 215 204 124 212 202 121 209 129 217 "
    "205 126 214 203 123 211 131 219 207 127 215 205 124 212 202 "
)
_DRAGON_BOAT = (
    "528 616 605 624 613 602 620 609 530 618 606 625 615 604 622 611 531 619 608 528 616 606 623 612 602 "
    "620 609 530 618 607 625 614 603 622 610 531 619 609 528 616 605 624 612 601 620 610 530 618 607 527 "
    "614 603 622 611 531 619 608 529 615 604 623 613 601 620 610 530 617 606 625 614 603 622 611 601 619 "
    "608 528 616 604 623 613 602 620 610 530 617 606 624 614 604 "
)
_MID_AUTUMN = (
    "1003 922 911 930 920 909 927 916 1005 924 912 1001 921 911 928 918 1006 925 914 1003 922 912 930 919 "
    "908 927 915 1004 924 913 1001 921 910 929 917 1006 925 915 1003 922 912 1001 919 908 927 916 1004 "
    "924 913 1002 920 910 928 917 1005 925 915 1004 922 911 930 919 907 926 916 1005 924 913 1002 921 909 "
    "928 917 1006 925 915 1003 923 911 929 919 908 926 916 1005 924 912 1001 920 910 "
)
_DOUBLE_NINTH = (
    "1026 1016 1004 1023 1013 1101 1020 1010 1028 1017 1006 1025 1014 1004 1022 1011 1030 1019 1007 1026 "
    "1016 1005 1023 1013 1002 1021 1009 1028 1017 1007 1025 1014 1004 1023 1011 1029 1018 1008 1026 1016 "
    "1005 1024 1012 1001 1020 1009 1027 1017 1007 1026 1014 1003 1022 1011 1029 1018 1008 1027 1016 1005 "
    "1024 1013 1030 1020 1009 1028 1017 1007 1025 1014 1002 1021 1011 1030 1018 1008 1027 1016 1004 1023 "
    "1012 1031 1020 1009 1028 1018 1006 1025 1014 1003 "
)


def _lunar(table: str, days: int = 0) -> Callable[[int], date]:
    by_year = [divmod(int(day), 100) for day in table.split()]
    return lambda year: date(year, *by_year[year - FIRST_YEAR]) + timedelta(days=days)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def qingming(year: int) -> date:
    """The day of 清明 (4 or 5 April), by the usual formula for the twentieth and twenty-first century."""
    if year < 2000:
        return date(year, 4, int((year - 1900) * 0.2422 + 5.59) - (year - 1901) // 4)
    return date(year, 4, int((year - 2000) * 0.2422 + 4.81) - (year - 2000) // 4)


FESTIVALS: dict[str, Callable[[int], date]] = {
    "元旦": _fixed(1, 1),
    "除夕": _lunar(_SPRING, -1),
    "春节": _lunar(_SPRING),
    "元宵": _lunar(_SPRING, 14),
    "正月十五": _lunar(_SPRING, 14),
    "三八": _fixed(3, 8),
    "妇女节": _fixed(3, 8),
    "清明": qingming,
    "五一": _fixed(5, 1),
    "劳动节": _fixed(5, 1),
    "五四": _fixed(5, 4),
    "六一": _fixed(6, 1),
    "儿童节": _fixed(6, 1),
    "端午": _lunar(_DRAGON_BOAT),
    "七一": _fixed(7, 1),
    "建党节": _fixed(7, 1),
    "八一": _fixed(8, 1),
    "建军节": _fixed(8, 1),
    "教师节": _fixed(9, 10),
    "中秋": _lunar(_MID_AUTUMN),
    "十一": _fixed(10, 1),
    "国庆": _fixed(10, 1),
    "重阳": _lunar(_DOUBLE_NINTH),
}


def festival(name: str, year: int) -> date:
    """The day of a festival of FESTIVALS in `year`. Raises ValueError outside 1990 to 2079."""
    if not FIRST_YEAR <= year < FIRST_YEAR + 90:
        raise ValueError(f"no festivals are known for {year}")
    return FESTIVALS[name](year)
