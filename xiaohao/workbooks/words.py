"""The words that a ledger's cells use for class, source, closing, kind of unit and role."""

import re
from collections.abc import Mapping
from functools import lru_cache

from xiaohao.vocabulary import RectificationClass, Role, Source, UnitKind
from xiaohao.workbooks.cells import narrow

_REMEMBERED = 1024  # the same words come again and again in a ledger
_CLASS_WORDS: Mapping[RectificationClass, str] = {
    RectificationClass.IMMEDIATE: (
        "立行立改 即知即改 立知立改 立说立改 即查即改 立查立改 边查边改 边学边改 马上就改 立即整改 当下改 即行即改 "
        "即时整改 即刻整改 立改 即改"
    ),
    RectificationClass.TIME_LIMITED: (
        "限期整改 限时整改 限期改正 限期解决 限期办理 限期完成 分阶段整改 阶段整改 分步整改 短期整改 近期整改 中期整改 "
        "限改 限期 限时"
    ),
    RectificationClass.LONG_TERM: (
        "长期整改 持续整改 长期坚持 持续推进 长期推进 长效整改 常态化整改 常态整改 持续改进 长久立 长期 长效 长改 持续 常态化"
    ),
}
_WORD_CLASS = {word: c for c, words in _CLASS_WORDS.items() for word in words.split()}
_ANY_CLASS = re.compile("|".join(sorted(_WORD_CLASS, key=len, reverse=True)))
_STRONG = re.compile(
    "|".join(
        sorted((w for w in _WORD_CLASS if len(w) >= 4 or w.endswith(("改", "立"))), key=len, reverse=True)
    )
)
_LASTING = re.compile(r"[,、;。]?(?:并|且|和|及)?(?:长期坚持|长效坚持|持续坚持|坚持长效|长期巩固|持续巩固)$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOSED = _words(
    "是 √ ✓ ✔ ☑ v V y Y yes 1 对 已销号 销号 已销 已消号 已销账 销账 完成销号 同意销号 予以销号 准予销号 已办结 办结 已完成 "
    "完成 已整改 整改完成 完成整改 整改已完成 整改到位 已整改完成 已完成整改 整改完毕 已整改到位 已整改销号 已完成销号 已闭环 闭环 已解决 已办理完毕"
)
_OPEN = _words(
    "否 × ✗ ✘ x X n N no 0 未 无 - — / 未销号 未销 未销账 不销号 未完成 未整改 未办结 未解决 基本完成 部分完成 持续推进 推进中 正在推进 "
    "办理中 正在办理 整改中 正在整改 进行中 待销号 拟销号 申请销号 待核查 待复核 待验收 持续整改 长期坚持 暂未销号 尚未销号 "
    "未到期 未开始 部分整改 基本整改 正在销号 持续整改中 阶段性完成 取得阶段性成效"
)
_LONGEST_WORD = 16
_CLOSED_WORDS = re.compile(
    "(?:已经?|均|全部|全面|现已|问题)*"
    "(?:(?:整改|完成|办理|处理|整治|化解|落实|任务)*(?:完成|完毕|到位|解决|办结|闭环|销号|消号|销账)|(?<=已)(?:整改|处理|化解|整治))+"
)
_KEPT_UP = re.compile(
    "[,;、。]?(?:并|且|正)?(?:长期|长效|持续|继续|常态化?)(?:坚持|巩固|保持|管护|监管|跟踪|巡查|管理)(?:中)?$"
)
"""What goes on after a problem is closed, and keeps none open: 已完成，并长期坚持."""

_ALL_CLOSED = re.compile(
    r"(?:[(]?[一二三四五六七八九十\d]{1,3}[)、.])?(?:20\d\d年?(?:度|\d{1,2}月份?|[上下]半年|第?[一二三四]季度)?)?"
    r"(?:问题)?已(?:完成|全部)?(?:销号|消号|销账|办结)的?(?:问题|事项|件|类|整改)*(?:台账|清单|一览表|汇总表?|明细表?|情况)?"
    r"[(]?(?:共计?)?(?:\d+[个项条件]?(?:问题)?)?[)]?"
)

_NOT_TICKED = _words("x X n N no 0")
_DENIED = re.compile("[否无免](?!限)|不(?!定期|断)|未(?!来)")
_TICK = re.compile("[√✓✔☑✅🗸🗹]")
_MARKS = _words("是 √ ✓ ✔ ☑ ✅ 🗸 🗹 ■ ● ★ ▲ ○ v V y Y yes 1 对 *")

_SOURCE_WORDS: Mapping[Source, str] = {
    Source.RECEPTION_DAY: "联合接待日|接待日|领导接待|书记接待|联合接待",
    Source.WALKING_TABLE: "流动小方桌|小方桌",
    Source.SMALL_WISH: "微心愿",
    Source.HOTLINE: "热线|12345|市长电话|来电",
    Source.HOME_VISIT: "走访|入户|走村入户|下沉",
    Source.SUGGESTION: "意见建议|意见箱|征求意见|征集|建议",
    Source.INSPECTION: "检视|对照检查|自查",
}

_KIND_ENDINGS: tuple[tuple[UnitKind, str], ...] = (
    (UnitKind.SUBDISTRICT, "街道|街道办|街道办事处"),
    (UnitKind.TOWNSHIP, "乡镇|乡|镇|乡(镇)"),
    (UnitKind.COMMUNITY, "社区|居委会|社区居委会"),
    (UnitKind.VILLAGE, "村|行政村|村委会"),
    (UnitKind.BRANCH, "党支部|支部|党总支|党组织"),
    (UnitKind.DEPARTMENT, "部门|科室|局|区直部门|区直单位|职能部门|委|办|站所|企业|单位|直属单位|中心"),
    (UnitKind.DISTRICT, "区|县|县区|区县"),
)
_KINDS = {word: kind for kind, words in _KIND_ENDINGS for word in words.split("|")}

_ROLE_WORDS: tuple[tuple[Role, str], ...] = (
    (Role.SUPERVISOR, "督查|督办|督导|督察|监督"),
    (Role.LEADER, "分管|领导|包联|包保|副书记|副主任|副乡长|副镇长|副局长|副职"),
    (Role.SECRETARY, "书记|负责人|主任|局长|站长|队长|乡长|镇长|正职|科长"),
    (Role.CLERK, "经办|联络员|网格员|网格长|干事|办事员|承办|专干|工作人员|信息员|填报"),
)


@lru_cache(maxsize=_REMEMBERED)
def class_of(text: str) -> RectificationClass | None:
    """The class that a cell of a class column names; None for a word that is no class, or for two.

    立行立改，长期坚持 names the first: what lasts is no second class.
    """
    classes = classes_in(text)
    return next(iter(classes)) if len(classes) == 1 else None


@lru_cache(maxsize=_REMEMBERED)
def classes_in(text: str) -> frozenset[RectificationClass]:
    """The classes that a text names, what merely lasts (…，并长期坚持) left out where another is named."""
    label = narrow(text)
    if (word := RectificationClass.from_label(label)) is not None:
        return frozenset([word])
    shorter = _LASTING.sub("", label)
    return frozenset(_WORD_CLASS[found] for found in _ANY_CLASS.findall(shorter or label))


@lru_cache(maxsize=_REMEMBERED)
def class_named_in(title: str) -> RectificationClass | None:
    """The one class whose full word stands in a section's, sheet's or table's title."""
    classes = {_WORD_CLASS[found] for found in _STRONG.findall(narrow(title))}
    return classes.pop() if len(classes) == 1 else None


@lru_cache(maxsize=_REMEMBERED)
def class_of_table(title: str) -> RectificationClass | None:
    """The class that a table's title gives to its rows: 某社区立行立改问题清单, not 某社区问题限期整改台账."""
    text = narrow(title)
    found = {_WORD_CLASS[match[0]]: match for match in _STRONG.finditer(text)}
    if len(found) != 1:
        return None
    [(named, match)] = found.items()
    general = re.search("问题|隐患|事项|诉求|任务", text[: match.start()])
    heads = re.match(
        r"类?(?:\(.*?\))?的?(?:问题|事项|任务|项目|清单|台账|一览表|汇总表|$)", text[match.end() :]
    )
    return named if heads and not general else None


def class_of_sheet(name: str) -> RectificationClass | None:
    """The class that a sheet's name gives to its rows: the name is hardly more than the class.

    限期整改（40个） does, 2024年问题限期整改情况汇报 does not.
    """
    bare = re.sub(
        r"\(.*?\)|\d+|[一二三四五六七八九十]+、|问题|事项|台账|清单|类|个|条|共|[.、_\-]", "", narrow(name)
    )
    return _WORD_CLASS.get(bare)


@lru_cache(maxsize=_REMEMBERED)
def closed_of(text: str) -> bool | None:
    """Whether a cell of 是否销号 says closed; None for words that are neither."""
    word = narrow(text).strip("。.,;!")
    if not word or word in _OPEN:
        return False
    if word in _CLOSED:
        return True
    word = _KEPT_UP.sub("", re.sub(r"\([^()]*\d[^()]*\)$", "", word)).strip("。.,;!")
    if word in _CLOSED or (len(word) <= _LONGEST_WORD and _CLOSED_WORDS.fullmatch(word)):
        return True
    if re.search("[未待拟不否无免暂尚]|申请|部分|基本|正在|中$|推进|持续|取消|撤销", word):
        return False
    return True if "销号" in word or "办结" in word else None


@lru_cache(maxsize=_REMEMBERED)
def closed_named_in(title: str) -> bool:
    """Whether a section's or sheet's title says that all below it is closed: 已销号问题（12个）.

    It is nothing but that state: 问题台账（含已销号） and 已销号问题回头看 say nothing of the kind.
    """
    return _ALL_CLOSED.fullmatch(narrow(title)) is not None


def is_not_ticked(text: str) -> bool:
    """Whether a cell below the name of a class plainly leaves the class out: a dash, an empty box, 否, 不涉及."""
    word = narrow(text)
    if is_mark(word) or has_tick(word):
        return False
    return not re.search(r"\w", word) or word in _NOT_TICKED or _DENIED.match(word) is not None


def has_tick(text: str) -> bool:
    """Whether a sign of ticking stands in a cell, also beside other words: √（6月底前）."""
    return _TICK.search(text) is not None


def is_mark(text: str) -> bool:
    """Whether a cell is a mere tick."""
    return narrow(text) in _MARKS


def says_done(text: str) -> bool:
    """Whether a cell of 是否完成 says that the work is done."""
    return closed_of(text) is True


@lru_cache(maxsize=_REMEMBERED)
def source_of(text: str) -> Source | None:
    """The source that a text names; None for another way of finding."""
    label = narrow(text)
    if (word := Source.from_label(label)) is not None:
        return word
    return next((source for source, words in _SOURCE_WORDS.items() if re.search(words, label)), None)


@lru_cache(maxsize=_REMEMBERED)
def kind_of(text: str) -> UnitKind | None:
    """The kind of unit that a cell names."""
    label = narrow(text)
    return UnitKind.from_label(label) or _KINDS.get(label)


@lru_cache(maxsize=_REMEMBERED)
def role_of(text: str) -> Role | None:
    """The role that a person's 职务 amounts to; the head of an office answers for it as a secretary does."""
    label = narrow(text)
    if (word := Role.from_label(label)) is not None:
        return word
    return next((role for role, words in _ROLE_WORDS if re.search(words, label)), None)
