"""Names of units as sheets write them: 牵头 and 配合 in one cell, a unit in a title, an office for its unit."""

import re
from dataclasses import dataclass
from functools import lru_cache

from xiaohao.workbooks.cells import narrow, packed

_ENDINGS = (
    "街道|街道办|街道办事处|社区|社区居委会|居委会|居民委员会|乡|镇|村|村委会|村民委员会|区|县|局|分局|办|办公室|委|委员会|"
    "中心|大队|中队|支队|所|站|公司|集团|党支部|支部|党总支|党委|党工委|党组|科|股|队|院|部|协会|联合会|学校|小学|中学|"
    "医院|银行|政府|总队|室|厅|团委|妇联|工会|法院|检察院|物业|企业|合作社|管委会|指挥部|专班|网格"
)
_UNIT = re.compile(rf"[\u3400-\u9fffA-Za-z0-9()（）·]{{1,28}}?(?:{_ENDINGS})")
_NOT_A_UNIT = re.compile(
    r"^[各全]|^所有|^其[他它]|^[相有]关|台账|清单|汇总|表$|问题|整改|情况|Sheet|说明|附件|第[一二三四五六七八九十\d]+(?:部分|批|阶段|类|章)|目录|备注|全部|^农村$|^城区$|^社区$|^部门$|^单位$"
)
_LEAD = r"(?:牵头责任单位|牵头单位|牵头部门|主责单位|主办单位|责任单位|牵头|主责|主办|责任)"
_HELP = r"(?:配合责任单位|配合单位|配合部门|协办单位|协助单位|协同单位|参与单位|配合|协办|协助|协同|参与)"
_LABEL = re.compile(rf"({_LEAD}|{_HELP})\s*[:：]")
_AFTER = re.compile(rf"^(.+?)[(（]?({_LEAD}|{_HELP})[)）]?$")
_SEPARATORS = re.compile(r"[、，,；;/／|\n+＋]|(?<=[局办道区村镇乡])和(?![平谐睦顺美兴庄苑园馨盛信])(?=.)")
_AFTER_ROLE = re.compile(rf"([(（]{_LEAD}[)）]|[(（]{_HELP}[)）])(?=.)")
_BESIDE = re.compile(r"(.+?)(?:[(（]([^()（）]*)[)）]|[:：]\s*([^:：]+))")
_OFFICE = re.compile("(?:办|办公室|中心|站|所|队|科|室|股|部)$")
_ABOVE = re.compile("(?:街道|乡|镇|(?<!社)区|县)$")
_SEAL = re.compile(r"[(（](?:盖章|公章|章|签章|加盖公章)[)）]|(?:盖章|公章)$")
_OFFICES = (
    ("街道党工委", "街道"), ("街道办事处", "街道"), ("街道办", "街道"), ("街道工委", "街道"), ("乡党委", "乡"), ("镇党委", "镇"),
    ("乡人民政府", "乡"), ("镇人民政府", "镇"), ("乡政府", "乡"), ("镇政府", "镇"), ("社区居民委员会", "社区"),
    ("社区居委会", "社区"), ("社区党委", "社区"), ("社区党总支", "社区"), ("社区党支部", "社区"), ("村村民委员会", "村"),
    ("村村委会", "村"), ("村委会", "村"), ("村党支部", "村"), ("村党总支", "村"), ("村两委", "村"), ("区委", "区"), ("区政府", "区"),
    ("区人民政府", "区"), ("局党组", "局"), ("局党委", "局"), ("办公室", "办"),
)  # fmt: skip

_LAST_WORDS = frozenset([*_ENDINGS.split("|"), "办事处", "人民政府"])
_ROUND = re.compile("^由|等(?:相关|有关)?(?:单位|部门|乡镇|街道|社区)?$")
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one cell: who leads, who helps; `guessed` where nothing says which of several leads."""

    lead: str | None
    others: tuple[str, ...] = ()
    guessed: bool = False
    person: str = ""  # a name that shares the cell


def clean(name: str) -> str:
    """A unit's name without blanks, seal and marks."""
    text = _SEAL.sub("", packed(name)).strip("。.,，;；:：、")
    return (
        text
        if text.count("（") + text.count("(") == text.count("）") + text.count(")")
        else text.strip("()（）")
    )


def readings(name: str) -> tuple[str, ...]:
    """The names to look a unit up by, in order: as written, then the unit whose office is meant (孟轲乡党委 → 孟轲乡)."""
    written = clean(name)
    found = [written]
    for office, unit in _OFFICES:
        if written.endswith(office) and len(written) > len(office):
            found.append(written.removesuffix(office) + unit)
            break
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=_REMEMBERED)
def is_unit(name: str) -> bool:
    """Whether a text looks like the name of a unit."""
    text = clean(name)
    return 3 <= len(text) <= 30 and _UNIT.fullmatch(text) is not None and not _NOT_A_UNIT.search(text)


@lru_cache(maxsize=_REMEMBERED)
def unit_in_title(title: str) -> str | None:
    """The unit that a table's title begins with: 孟轲乡主题教育检视问题整改台账 → 孟轲乡."""
    text = re.sub(
        r"^(?:附件\d*[:：]?|\d{2,4}年(?:度|上半年|下半年|第.季度|\d+月)?|\d+月)+", "", packed(title)
    )
    whole = ""
    while found := re.match(
        r"[\u3400-\u9fff]{1,8}?(?:街道|社区|乡|镇|村|区|县|局|办事处)", text[len(whole) :]
    ):
        if whole and re.search("农村|城区|小区|片区|辖区|办公|村级|问题|整改", found[0]):
            break
        whole += found[0]
    rest = text[len(whole) :]
    if not whole or len(whole) < 3 or rest[:1] in ("级", "民", "里", "域", "直") or _NOT_A_UNIT.search(whole):
        return None
    if not re.search("台账|清单|表|统计|汇总|明细|记录|登记|方案|问题", rest):
        return None
    parts = re.findall(r"[\u3400-\u9fff]+?(?:街道|社区|乡|镇|村|区(?!$)|县|局|办事处)|.+$", whole)
    last = parts[-1] if parts else whole
    return last if len(last) >= 3 and is_unit(last) else whole


@lru_cache(maxsize=_REMEMBERED)
def read_units(value: str) -> Units:
    """Who leads and who helps, from one cell: 牵头：A 配合：B、C, or A（牵头）、B（配合）, or A, B."""
    text = re.sub(r"[\u3000\u00a0\t ]+", " ", value).strip()
    if not packed(text):
        return Units(None)
    if _LABEL.search(text):
        return _labelled(text)
    parts, person = _split(_AFTER_ROLE.sub(r"\1、", text))
    leads: list[str] = []
    helpers: list[str] = []
    plain: list[str] = []
    mode = ""
    for part in reversed(parts):  # 区城管局、站前社区配合: the word stands for those before it
        found = _AFTER.match(part)
        if found and found[1]:
            mode = "lead" if re.fullmatch(_LEAD, found[2]) else "help"
            part = found[1]
            bracketed = found[0].rstrip().endswith((")", "）"))
            (leads if mode == "lead" else helpers).insert(0, clean(part))
            mode = "" if bracketed else mode
        elif mode:
            (leads if mode == "lead" else helpers).insert(0, clean(part))
        else:
            plain.insert(0, clean(part))
    if leads or helpers:
        rest = [*leads[1:], *plain, *helpers] if leads else [*plain[1:], *helpers]
        lead = leads[0] if leads else (plain[0] if plain else helpers[0])
        others = rest if leads or plain else helpers[1:]
        return Units(lead, _others(lead, others), person=person)
    if not plain:
        return Units(None, person=person)
    return Units(plain[0], _others(plain[0], plain[1:]), guessed=len(plain) > 1, person=person)


@lru_cache(maxsize=_REMEMBERED)
def names_in(value: str) -> tuple[str, ...]:
    """The units of a cell of helping units."""
    text = _LABEL.sub("", value)
    parts, _ = _split(text)
    names = (clean(re.sub(rf"[(（]{_HELP}[)）]$|{_HELP}$", "", part)) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name and name not in ("无", "/", "-", "—", "否")))


def _labelled(text: str) -> Units:
    leads: list[str] = []
    helpers: list[str] = []
    before, *pieces = _LABEL.split(text)
    leads += names_in(before) if packed(before) else ()
    for label, piece in zip(pieces[0::2], pieces[1::2], strict=True):
        (leads if re.fullmatch(_LEAD, label) else helpers).extend(names_in(piece))
    if not leads:
        return Units(helpers[0] if helpers else None, tuple(helpers[1:]), guessed=bool(helpers))
    return Units(leads[0], _others(leads[0], [*leads[1:], *helpers]))


def _split(text: str) -> tuple[list[str], str]:
    """The parts of a list of units, and a person's name that stands among them."""
    parts = [_bared(part) for part in _SEPARATORS.split(_unbroken(text)) if packed(part)]
    spread: list[str] = []
    for part in parts:
        words = part.split()
        found = _BESIDE.fullmatch(part)
        if found and is_unit(found[1]) and _is_person(found[2] or found[3]):
            spread += [found[1], found[2] or found[3]]
        elif len(words) > 1 and _are_apart(words):
            spread += words
        else:
            spread.append(part)
    units = [part for part in spread if not _is_person(part)]
    if not units or len(units) == len(spread):
        return spread, ""
    return units, "、".join(packed(part) for part in spread if _is_person(part))


def _bared(part: str) -> str:
    """A part of a list without the words round it: 由区城管局 and 区住建局等单位 are these units."""
    bare = _ROUND.sub("", part.strip())
    return bare if bare != part and is_unit(_AFTER.sub(r"\1", bare)) else part.strip()


def _unbroken(text: str) -> str:
    """Without a line break inside a name: 绿城 / 社区 on two lines are one unit."""
    if "\n" not in text:
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and packed(line) in _LAST_WORDS and is_unit(lines[-1] + line):
            lines[-1] += line
        else:
            lines.append(line)
    return "\n".join(lines)


def _are_apart(words: list[str]) -> bool:
    """Whether blanks part several names: not 静和苑 社区, not 中原路街道 城管办, which are one."""
    if all(_is_person(word) for word in words[1:]):
        return is_unit(words[0])
    nested = any(_ABOVE.search(word) for word in words[:-1]) or any(_OFFICE.search(word) for word in words)
    return not nested and all(is_unit(word) for word in words)


def _is_person(part: str) -> bool:
    text = narrow(part)
    return (
        re.fullmatch(r"[\u3400-\u9fff]{2,4}(?:1\d{10})?|1\d{10}", text) is not None
        and not is_unit(text)
        and not re.fullmatch(f"{_LEAD}|{_HELP}", text)
        and not re.search("社区|街道|[村乡镇局办区]$", text)
    )


def _others(lead: str, names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name and name != lead)
