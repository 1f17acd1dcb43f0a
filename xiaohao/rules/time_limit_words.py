"""The words of time-limit texts: how a text is cleaned, how numbers are written, which words name a class.

`time_limit_grammar` builds its productions from these, `time_limits` decides.
"""

import re
import unicodedata

from xiaohao.vocabulary import RectificationClass

NUMERAL = "一二三四五六七八九十百两廿卅〇零"
COUNT = rf"(?:\d{{1,4}}|[{NUMERAL}]{{1,6}})"
"""A number as it is written before a unit: 15, 十五, 两."""

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "两": "2"}
_TRADITIONAL = str.maketrans(
    "個內後週於長時間號當終經過線續動態穩進單處訖結實並", "个内后周于长时间号当终经过线续动态稳进单处讫结实并"
)
_CAPITALS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰", "一二三四五六七八九十百")
_CAPITAL = r"[壹贰叁肆伍陆柒捌玖拾佰]{1,5}(?=个?工作日|个?月|个?季度|[日天周年]|小时|\()"
_SIGNS = str.maketrans(
    {**dict.fromkeys("—–‐‑−─―﹣", "-"), **dict.fromkeys("~〜∼", "~"), **dict.fromkeys("；\n\r", ";")}
)


def normalise(text: str) -> str:
    """One way of writing for what looks alike: half-width signs, no blanks, simplified characters.

    A blank stays where it parts two digits; a line break becomes “;” before a list number;
    blanks that stand for a number not filled in (“  年 月底前”) become “X”.
    """
    text = re.sub(r"[①-⑳⑴-⒇]", ";", text)
    text = re.sub(r"[×╳＊*○◯●□■△](?=[×╳＊*○◯●□■△]{0,9}[年月日号天个])", "X", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    text = re.sub(r"\s{2,}", lambda blanks: "\n" if re.search(r"[\r\n]", blanks[0]) else "  ", text)
    text = re.sub(r"(?<![\d一-鿿\s])\s{2,}(?=[年月日号])", "X", text)
    text = re.sub(r"(?<=[年月])\s{2,}(?=[月日号])", "X", text)
    text = re.sub(r"[\n\r](?=\(?(?:\d{1,2}|[一二三四五六七八九十]{1,2})[.、)])", ";", text)
    text = re.sub(r"(?<=\d)\s+(?=\d)", " ", text)
    text = re.sub(r"(?<!\d)\s|\s(?!\d)", "", text)
    text = re.sub(_CAPITAL, lambda written: written[0].translate(_CAPITALS), text)
    text = re.sub(r"(?<=\d)·(?=\d)", ".", text)
    text = text.translate(_TRADITIONAL).translate(_SIGNS)
    text = re.sub(r"-{2,}", "-", text)
    text = re.sub(r"\[(\d{1,3})\](?=个|日|天|周|年|月)", r"\1", text)
    return text.replace("，", ",").replace("元月", "1月").replace("号前", "日前")


def number(text: str) -> int | None:
    """What a numeral says: "15", "十五", "二十", "一百二十", "廿五"; None for what is no single number."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    text = text.replace("廿", "二十").replace("卅", "三十")
    found = re.fullmatch(
        r"(?:([一二三四五六七八九两]?)(百)零?)?(?:([一二三四五六七八九]?)(十))?([一二三四五六七八九两]?)",
        text,
    )
    if found is None or not text:
        return int(_DIGITS[text]) if text in _DIGITS else None
    hundreds, hundred, tens, ten, ones = found.groups()
    hundreds = hundreds or ("一" if hundred else "")
    tens = tens or ("一" if ten else "")
    return sum(
        int(_DIGITS[digit]) * worth for digit, worth in ((hundreds, 100), (tens, 10), (ones, 1)) if digit
    )


def year_number(text: str) -> int | None:
    """A year of four or two digits, in either kind of digit: "2023", "23", "二〇二三"; None for others."""
    digits = "".join(_DIGITS.get(char, char) for char in text.replace("○", "〇"))
    if not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits) if len(digits) == 4 else 2000 + int(digits) if len(digits) == 2 else None


_NOT_YET = r"(?:不能|无法|难以|未能|不宜|不具备条件)[^,;。]{0,4}?"
_AT_ONCE = (
    r"[立即随](?:[^,;。:]{1}|)[立即随](?:改|整|办|纠|治|行)|即[^,;。:]{1}即(?:改|办)|立改|立整|即改|速改|当下改|马上|立刻|立马|即刻|即时"
    r"|立即|当场|第一时间|现场(?:整改|改正|纠正|解决|办结|处理|处置)|即行(?:整改|改正)|(?<!至)[当今][日天](?!起|受理|响应|接|转|派|签|核|联系|反馈|上?报)"
)

CLASS_WORDS: tuple[tuple[str, RectificationClass | None, str], ...] = (
    (_NOT_YET + rf"(?:{_AT_ONCE})[^,;。的]{{0,4}}", None, "不能立即整改的"),
    (_AT_ONCE, RectificationClass.IMMEDIATE, "即知即改"),
    (
        r"(?<![无未])限[期时](?!内|:|为|是|[前届])|限改|分(?:阶段|步骤?|批|期)(?:整改|实施|推进|完成)",
        RectificationClass.TIME_LIMITED,
        "限期整改",
    ),
    (
        r"长期(?!存|未|以来|得不|没|闲|无|不|失|积|被|困|占|停|拖|欠|反映|租|外)|常态|[常长]抓|常年坚持|坚持不懈|久久为功|一以贯之"
        r"|长效|^全年|贯穿全年|长久|永久坚持|长改|经常性|动态(?:清零|管理)|不断(?:完善|巩固|深化)"
        r"|持续(?!存|时间|性?污|发酵|至|到|恶)(?=[^,;。]{0,2}(?:[整改推坚深巩加强用抓优提跟落完关发开进]))|持之以恒",
        RectificationClass.LONG_TERM,
        "持续推进",
    ),
)
"""Pattern → class, with an example; the first class found counts, None takes its words away."""

AT_ONCE_ACTS = (
    r"(?:立即|马上|第一时间)(?:上报|报告|制定|研究|部署|启动|组织|开展|召开|成立|安排|制订|约谈|核查|排查)"
)
"""What is done at once is then not the rectification itself: a date beside it is the limit."""

VAGUE = r"近期|尽快|尽早|抓紧|适时|择期|择机|视情|待定|另行|按[^,;。]{0,8}(?:要求|时限|进度|规定|计划)|规定时限|早日|短期|近日|及时"


def named_classes(text: str) -> list[RectificationClass]:
    """The classes that a normalised text names by a word, the one that counts first."""
    found: list[RectificationClass] = []
    for pattern, rectification_class, _ in CLASS_WORDS:
        if rectification_class is None:
            text = re.sub(pattern, ",", text)
        elif re.search(pattern, text):
            found.append(rectification_class)
    return found
