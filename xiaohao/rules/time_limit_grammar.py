"""The grammar of time-limit texts as one table: what may stand in a text, and what it means.

`WHOLES` are whole texts. `PRODUCTIONS` are tried from top to bottom at each place of a text; the first
that fits wins and eats its text whole, so a number is never read in part: “20023年12月31日” is a
year that is none, not a month and a day behind some digits. What they read is replaced by one sign
(Ⓓ day, Ⓣ length of time, Ⓡ how often, Ⓧ unreadable, Ⓝ number or word of no interest);
`time_limit_contexts` looks at this skeleton and says which signs are no deadline.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from xiaohao.rules import time_limit_days as days
from xiaohao.rules import time_limit_lengths as lengths
from xiaohao.rules import time_limit_marks as marks
from xiaohao.rules.festivals import FESTIVALS
from xiaohao.rules.time_limit_marks import LENGTH, Mark
from xiaohao.rules.time_limit_words import COUNT, NUMERAL


@dataclass(frozen=True)
class Production:
    """A pattern, what it means, and an example; a meaning of None lets the next production try."""

    pattern: re.Pattern[str]
    meaning: Callable[[re.Match[str], date], Mark | None]
    example: str


def _p(pattern: str, meaning: Callable[[re.Match[str], date], Mark | None], example: str) -> Production:
    return Production(re.compile(pattern, re.ASCII | re.IGNORECASE), meaning, example)


_WORD = (
    r"(?P<word>今年|本年度?|当年|(?<![说证声注标])明年|(?<![再多每首一])次年|(?<!年)来年|翌年|(?<![今以之节然往])后年|去年"
    r"|(?<![\u4e00-\u9fff])上一?年)度?的?"
)
_YEAR = rf"(?:(?P<y>\d{{1,9}}|[〇零一二三四五六七八九\d]{{2,4}})年度?的?|{_WORD})"
_YEAR_OR_SIGN = rf"(?:(?P<y>\d{{1,9}}|[〇零一二三四五六七八九\d]{{2,4}})(?:年度?的?|(?<=\d\d\d\d)[./-](?=\d{{1,2}}月))|{_WORD})"
_MONTH = r"(?P<m>\d{1,9}|[一二三四五六七八九十]{1,3})月"
_DAY = rf"(?P<d>\d{{1,9}}|[{NUMERAL}]{{1,4}})"
_DAYS_PART = r"上中旬|中下旬|上旬|中旬|下旬"
_PART = (
    rf"(?P<part>{_DAYS_PART}|底|末|[之以]?内|初(?![审步期验一二三四五六七八九])|中(?![旬秋央小心层期办共国]))"
)
_BEFORE = rf"(?P<before>(?=[之以]?前(?!后|\d|提|[{NUMERAL}半几若])))?"
_CLOCK = r"(?:[上下中]午|晚上?|凌晨|早上?)?\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d{1,6})?)?|[时点](?![间段])(?:\d{1,2}分?|半|整)?)"
_TIME = rf"(?:[T ]?{_CLOCK}|下班)?Z?(?:\((?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])\))?"
_NO_HOUSE = r"(?![楼线院门房文令路井站店\d])"
_INNER = r"(?P<inner>[之以]?内)?"
_ENDS_HERE = r"(?=[之以]?前|止|完成|[,;。)]|$)"
_STANDS_ALONE = r"(?<![\w年月近多数几某每隔去])(?<![至较比于到在]上)"
_REPORTED = r"次|调度|报告?|通报|评估|检查|总结|研判|汇报|会商|巡查|小结|清|更新|督导|督查"

_FESTIVALS = "|".join(FESTIVALS)

WHOLES: tuple[Production, ...] = (
    _p(r"(?P<serial>3[3-9]\d{3}|[4-5]\d{4}|6[0-5]\d{3})(?:\.\d{1,12})?", days.serial, "45230"),
    _p(r"(?P<y>20[0-7]\d)\.1", days.month_as_number, "2023.1"),
    _p(r"(?P<y>20[0-7]\d)(?P<m>0[1-9]|1[0-2])", days.a_month, "202312"),
    _p(r"(?P<y>20[0-7]\d)(?:\.0)?", days.year_alone, "2025"),
    _p(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:\.0)?", days.month_day, "20231231"),
    _p(r"-?\d+(?:\.0+)?", marks.bad, "0"),
)

PRODUCTIONS: tuple[Production, ...] = (
    # numbers and words that would be read as a date or as a length
    _p(r"《[^《》]{0,60}》", marks.noise, "《2023年行动方案》"),
    _p(r"[〔\[(【{](?:19|20)\d\d[〕\])】}]第?\d{0,5}号?", marks.noise, "〔2023〕12号"),
    _p(r"(?:19|20)\d\d年第?\d{1,5}号(?!前|以前|之前)", marks.noise, "2023年第12号"),
    _p(
        rf"第(?!{COUNT}季度)(?:\d{{1,9}}|[{NUMERAL}]{{1,4}})(?:[-~至、,]第?(?:\d{{1,4}}|[{NUMERAL}]{{1,4}})(?![\d.年月日]))*"
        r"(?:个?工作日|个?月|时间|阶段|[项条款批次期轮届号季页类步日天周年])?",
        marks.noise,
        "第3项",
    ),
    _p(
        r"\d{1,3}(?:[-~至、]\d{1,3})*(?:[项条款批次轮届处家户名人件起例栋楼]|个(?![工月自日季星礼周半]))",
        marks.noise,
        "1-4项",
    ),
    _p(r"统一|逐一|同一|一律|一并|一同|唯一|进一步|万一|专一|一次性|一体|一般", marks.noise, "统一"),
    _p(
        r"(?:编号|工单号|文号|电话|手机|联系方式|合同编?号|金额|罚款|账号|邮编):?(?:人民币)?[\w-]{0,24}",
        marks.noise,
        "电话19900001234",
    ),
    _p(r"0\d{2,3}-\d{7,8}(?!\d)|1[3-9]\d{9}(?!\d)", marks.noise, "0393-4412345"),
    _p(
        r"(?<![\s\S])\(?(?:\d{1,2}|[一二三四五六七八九十]{1,2})[.、)](?=(?:19|20)\d\d[年./-]|\d{1,2}月|\D)(?!季)",
        marks.noise,
        "1.立行立改",
    ),
    _p(
        r"(?<=[;。,:])\(?(?:\d{1,2}|[一二三四五六七八九十]{1,2})[.、)](?=(?:19|20)\d\d[年./-]|\d{1,2}月|\D)(?!季)",
        marks.noise,
        "整改:1.立行立改",
    ),
    # what is not filled in, or is no date that we know
    _p(r"双十[一二]", marks.bad, "双十一"),
    _p(r"(?:农历|阴历|腊月|冬月|正月(?!十五))[^,;。]{0,10}", marks.lunar, "农历腊月二十三"),
    _p(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)", marks.bad, "#REF!"),
    _p(r"(?:十?几|数|若干|多|余)(?:个?工作日|个?月|天|日内?|周|小时|年)", marks.uncounted, "十几天"),
    _p(
        r"(?:[X_某?]{1,8}|\(\))(?=[年月日号天周]|个?工作日|个月|小时)[年月日号天周]?",
        marks.placeholder,
        "X月X日",
    ),
    _p(
        r"(?<![今明去本当次年后来一二两几多全\d〇])年(?=月|[X_?]|\d{1,2}月)|(?<![\d本当次上下每一二三四五六七八九十个这元])月(?=日|[X_])",
        marks.placeholder,
        "年月日",
    ),
    # how often
    _p(
        rf"(?:每(?:间?隔|满)?(?P<n>{COUNT})?|[逐按])(?P<period>半年|半个?月|个?工作日|个?季度?|个?月|年|个?周|个?星期|个?礼拜|旬|日|天)(?!龄|度?计划|进度|规定|要求)",
        lengths.review,
        "每季度",
    ),
    _p(
        rf"(?P<n>[一1])?(?P<period>半年|季度?|月|年|周|日|天)[一1](?:{_REPORTED})",
        lengths.review,
        "一季度一调度",
    ),
    # whole dates
    _p(
        rf"(?P<y>\d{{1,9}})([-./、])(?P<m>\d{{1,2}})\2(?P<d>\d{{4}}|\d{{1,2}})(?!\d|\2\d(?!\d\d\d\2))[日号]?{_TIME}",
        days.numeric,
        "2023.9.30",
    ),
    _p(rf"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d){_ENDS_HERE}", days.month_day, "20231231前"),
    _p(
        r"(?:(?P<first>\d{1,2})-)?(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(?P<last>\d{4}|\d{2})(?![\w-])",
        days.english,
        "Dec-23",
    ),
    _p(
        rf"{_YEAR_OR_SIGN}?{_MONTH}份?{_DAY}(?:(?:日|号{_NO_HOUSE}){_TIME}|{_ENDS_HERE}|(?=[-~至到]\d{{1,2}}[日号]))",
        days.month_day,
        "2023年12月31日",
    ),
    _p(
        rf"{_YEAR}?[“\"]?(?P<name>{_FESTIVALS})(?:劳动|国庆|建党|建军|妇女)?[”\"]?节?(?:小?长假|假期|黄金周)?"
        rf"(?=(?:[、和]?(?:{_FESTIVALS})节?)?(?:[双两]节)?(?:来临|到来)?[之以]?前(?!后|\d|[{NUMERAL}半几若]))",
        days.before_festival,
        "国庆节前",
    ),
    _p(
        r"[“\"]?(?P<plan>十三五|十四五|十五五)[”\"]?(?:规划)?(?:期|时期)?(?:末|底|结束|收官|期间内?)",
        days.end_of_plan,
        "“十四五”末",
    ),
    # lengths of time
    _p(rf"(?P<n>\d\d)年{_INNER}(?![\d底末终初中上下级第])", days.short_year, "24年内"),
    _p(
        rf"(?P<n>{COUNT})(?:个?[-~至到](?P<n2>{COUNT}))?(?:\((?P<same>{COUNT})\))?"
        r"(?P<unit>个?(?:法定)?工作[日天]|个?自然[日天]|个?日历[日天]|天(?![津然气窗])|日(?=[之以]?内|\((?:工作|自然|日历)日\))|个?周(?![岁年边一二三四五六日天末])"
        r"|个?(?:星期|礼拜)(?![一二三四五六日天])|个月|个季度|(?<=两)月(?=[之以]?内)|年(?![级度底末终初中代份轻货检审报会月第半上下]|[\d一二三四五六七八九十]{1,3}月))"
        rf"(?:\((?P<kind>工作日|自然日|日历日)\))?{_INNER}",
        lengths.a_length,
        "15个工作日内",
    ),
    _p(
        rf"(?P<n>{COUNT})?个?(?<![上下前])半个?(?P<kind>年|月)(?![底末板]){_INNER}",
        lengths.a_half,
        "半个月内",
    ),
    _p(rf"(?P<n>{COUNT})(?P<kind>年)半{_INNER}", lengths.a_half, "一年半"),
    _p(rf"(?P<n>\d{{1,3}})\.5个?(?P<kind>年|月){_INNER}", lengths.a_half, "1.5个月"),
    _p(
        rf"(?:(?P<n>{COUNT})个?(?P<half2>半)?|(?P<half>半)个?)(?P<unit>小时|钟头|分钟)(?!工作制|监|值|热线|在线|不间断|巡|服务|营业|供|开放){_INNER}",
        lengths.in_hours,
        "48小时内",
    ),
    _p(rf"(?P<half>半)(?P<unit>[天日]){_INNER}", lengths.in_hours, "半天内"),
    _p(r"[下次]一?个?工作日", lengths.next_workday, "下一个工作日"),
    # months, quarters, years
    _p(r"(?P<y>20\d\d|\d\d)[-./]?Q(?P<nth>\d)(?![\w.])", days.a_quarter, "2023Q4"),
    _p(
        rf"(?P<y>\d{{4}})[./-](?P<m>\d{{1,2}})(?!\d|[./]\d|月?[{NUMERAL}\d])月?份?{_PART}?{_BEFORE}",
        days.a_month,
        "2023.12底",
    ),
    _p(rf"{_YEAR_OR_SIGN}?{_MONTH}份?(?:的)?{_PART}?{_BEFORE}", days.a_month, "2023年12月底前"),
    _p(
        rf"{_YEAR}?(?P<m>\d{{1,2}})(?=[-~至到、和](?:\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?!\d))",
        days.a_month,
        "10-12月",
    ),
    _p(r"(?P<y>(?:19|20)\d\d)(?=[-~至到](?:\d\d)?\d\d年)", days.a_year, "2023-2025年"),
    _p(
        rf"{_YEAR}?(?:第|前)?(?:(?P<q>{COUNT})季(?:度|(?=末|底))|Q(?P<nth>\d)(?!\d))(?P<part>月?末|底|[之以]?内)?{_BEFORE}",
        days.a_quarter,
        "第三季度",
    ),
    _p(
        rf"(?:[本当这]|[下上]个?|下一个?)季度?(?:末|底|[之以]?内)?|{_STANDS_ALONE}季度?[末底]",
        days.near_quarter,
        "下季度末",
    ),
    _p(
        rf"{_YEAR}(?P<part>年?[底末终]|全年|[上下]半年(?P<end>[末底]|[之以]?内)?|年?初(?![审步期验])|年?中(?![旬秋央小心层期办共国])|年?[之以]?内)?{_BEFORE}",
        days.a_year,
        "2023年底",
    ),
    _p(
        rf"{_STANDS_ALONE}(?P<part>年[底末终内中]|岁末|[上下]半年(?P<end>[末底]|[之以]?内)?)(?!年初){_BEFORE}",
        days.a_year,
        "年底前",
    ),
    _p(
        rf"(?P<near>本月|当月|这个?月|(?<![线如以之])下下?个?月|(?<![再多每首])次月|(?<!以)上个?月)份?(?:{_DAY}[日号]{_TIME}|{_PART})?{_BEFORE}",
        days.near_month,
        "下月10日前",
    ),
    _p(rf"{_STANDS_ALONE}(?<!上)(?P<part>月底|月末|月内|{_DAYS_PART}){_BEFORE}", days.near_month, "月底前"),
    _p(rf"[{NUMERAL}]{{1,6}}(?=[年月][底末终]|年[内中])", marks.bad, "五年底"),
    # days
    _p(
        rf"(?P<near>(?:[本这]|下下?)个?)(?:周|星期|礼拜)(?P<day>[一二三四五六日天末底内])?{_TIME}",
        days.weekday,
        "本周五前",
    ),
    _p(
        rf"(?<![一二三四五六日至到~上-])(?:周|星期|礼拜)(?P<day>[一二三四五六日天]){_TIME}{_ENDS_HERE}",
        days.weekday,
        "周五前",
    ),
    _p(rf"(?<!至)(?:[当今明次][日天]|翌日|(?<!大)后天)(?:[之以]?内)?{_TIME}", days.near_day, "当日"),
    _p(r"(?P<d>\d{1,2})(?=[-~至到]\d{1,2}[日号](?![之以]?内))", days.bare_day, "10-20日前"),
    _p(
        rf"{_DAY}(?P<unit>日|号{_NO_HOUSE})(?![常报均照用光产游]|[之以]?内){_TIME}{_BEFORE}",
        days.bare_day,
        "25日前",
    ),
    _p(
        rf"(?P<m>\d{{1,2}})([./-])(?P<d>\d{{1,2}})(?![\d%]|\.\d|\2\d|[年月日个天]){_TIME}",
        days.short_day,
        "9.30",
    ),
    # what is left of numbers and letters is eaten whole
    _p(r"\d*[A-Za-z_]\w*(?=[年月日号]|个?工作日)", marks.bad, "l2月31日"),
    _p(r"\d*[A-Za-z_][\w.-]*", marks.noise, "HL-2023-0007"),
    _p(r"\d+(?:[.,]\d+)*(?:[:/-]\d+)*(?![\d年月日])%?", marks.noise, "280米"),
    _p(r"\d+[年月日]?", marks.bad, "31日"),
    _p(rf"[{NUMERAL}千万亿]+", marks.noise, "万"),
)


IS_LENGTH = re.compile(
    r"(?:限期?|为期|期限|超过|不多于|至少|不少于|不低于|满|起|后|逾期?|超期|延期|延长|推迟|顺延|提前|历时|公示期?|停业|停产|停工|拘留|约|前)$"
)
"""Before a bare 15日: then it is a length of time and no day of the month."""


def scan(text: str, found_on: date) -> tuple[str, dict[int, Mark]]:
    """The skeleton of a cleaned text, and its marks by their place in the skeleton."""
    skeleton: list[str] = []
    found: dict[int, Mark] = {}
    for piece in _pieces(text, found_on):
        if isinstance(piece, Mark):
            if piece.bare_day and piece.terms and IS_LENGTH.search("".join(skeleton[-8:])):
                piece = replace(piece, sign=LENGTH, days=None, weak=False, why="")
            found[len(skeleton)] = piece
            skeleton.append(piece.sign)
        else:
            skeleton.append(piece)
    return "".join(skeleton), found


def _pieces(text: str, found_on: date) -> Iterator[Mark | str]:
    for production in WHOLES:
        match = production.pattern.fullmatch(text)
        if match and (mark := production.meaning(match, found_on)):
            yield mark
            return
    place = 0
    while place < len(text):
        for production in PRODUCTIONS:
            match = production.pattern.match(text, place)
            if match and match.end() > place and (mark := production.meaning(match, found_on)):
                yield mark
                place = match.end()
                break
        else:
            yield text[place]
            place += 1
