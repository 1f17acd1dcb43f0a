"""Headings → fields: which column of a sheet says what, by a table of synonyms that an office can extend."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import narrow

SHIPPED = Path(__file__).with_name("headings.tsv")
_LONGEST_HEADING = 40
_AFTER_EXACT = 10**5
_RESIDENT = re.compile(
    "群众|居民|业主|住户|村民|户主|租户|商户|当事人|(?:反映|诉求|投诉|求助|来访|来电|来信|信访|申请|举报|报修|许愿|心愿|受访|被访)(?:人|者|(?=的?(?:联系|电话|手机)))"
)
_BEGINNING = re.compile(r"(?:时限|期限|时间|日期)\(?(?:起|始|开始|起始)\)?$")
_NUMBER_OF = re.compile("电话|手机|号码|联系方式")
_NAME_OF = re.compile(
    "(?:群众|居民|业主|住户|村民|户主|租户|商户|人|人员|者)(?:姓名|名字|名单|信息|情况)?$|姓名"
)


class Kind(StrEnum):
    """What a sheet holds."""

    LEDGER = "ledger"
    UNITS = "units"
    PEOPLE = "people"


class Field(StrEnum):
    """What a column says. The names are those of headings.tsv."""

    SERIAL = "serial"
    NUMBER = "number"
    TITLE = "title"
    DESCRIPTION = "description"
    CLASS = "class"
    CLASS_OR_CATEGORY = "class_or_category"  # its cells decide
    CLASS_TICK = "class_tick"  # its heading is a class, its cells say yes
    CATEGORY = "category"
    SOURCE = "source"
    PLACE = "place"
    UNIT = "unit"
    CO_UNITS = "co_units"
    REGISTER_UNIT = "register_unit"
    FOUND_ON = "found_on"
    FILLED_ON = "filled_on"
    LIMIT = "limit"
    DUE_OR_DONE = "due_or_done"  # its neighbours decide
    DONE_ON = "done_on"
    MEASURES = "measures"
    MEASURE_DUE = "measure_due"
    PROGRESS = "progress"
    DONE = "done"
    CLOSED = "closed"
    CLOSED_ON = "closed_on"
    OWNER = "owner"
    PHONE = "phone"  # whose, its neighbours decide
    OWNER_PHONE = "owner_phone"
    RESIDENT_NAME = "resident_name"
    RESIDENT_PHONE = "resident_phone"
    AMOUNT = "amount"
    STATUS = "status"
    EXTRA = "extra"
    # our own table (own_columns.py)
    OUR_NUMBER = "our_number"
    LIMIT_TEXT = "limit_text"
    DERIVED = "derived"  # worked out by the program: not read back
    # lists of units and people
    NAME = "name"
    KIND = "kind"
    PARENT = "parent"
    CODE = "code"
    ROLE = "role"
    MOBILE = "mobile"
    FROM_ON = "from_on"
    UNTIL_ON = "until_on"
    DEPUTY_OF = "deputy_of"
    EMAIL = "email"
    WECOM_ID = "wecom_id"
    DINGTALK_ID = "dingtalk_id"
    DINGTALK_GOV_ID = "dingtalk_gov_id"
    FEISHU_ID = "feishu_id"
    OTHER_SERVICE = "other_service"
    ROBOT = "robot"  # of whatever service
    WECOM_ROBOT = "wecom_robot"
    DINGTALK_ROBOT = "dingtalk_robot"
    FEISHU_ROBOT = "feishu_robot"


@dataclass(frozen=True, slots=True)
class Match:
    """A heading that was understood; a lower `rank` goes first where two columns say the same.

    `guessed`: it counts only where no other column of the table says the same for certain.
    """

    field: Field
    rank: int
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its place (from 0), its heading as shown, the label above it, what it says (or may)."""

    index: int
    heading: str
    group: str
    field: Field
    rank: int = 0
    guessed: bool = False


class Headings:
    """The table of synonyms: asked by a heading, it answers with a field."""

    def __init__(self, lines: Iterable[tuple[Kind, Field, bool, str]]) -> None:
        self._exact: dict[Kind, dict[str, Match]] = {kind: {} for kind in Kind}
        self._patterns: dict[Kind, list[tuple[str, Match]]] = {kind: [] for kind in Kind}
        self._guesses: dict[Kind, list[tuple[str, Match]]] = {kind: [] for kind in Kind}
        for rank, (kind, field, guessed, heading) in enumerate(lines):
            if guessed:
                self._guesses[kind].append((heading, Match(field, rank, guessed=True)))
            elif "*" in heading:
                self._patterns[kind].append((heading, Match(field, rank)))
            else:
                self._exact[kind].setdefault(key(heading), Match(field, rank))
        self._found: dict[tuple[Kind, str], Match | None] = {}

    def exact(self, kind: Kind, heading: str) -> Match | None:
        """The field of a heading that stands in the table, also without the brackets at its end."""
        table = self._exact[kind]
        label = key(heading)
        return table.get(label) or table.get(without_brackets(label))

    def find(self, kind: Kind, heading: str) -> Match | None:
        """The field of a heading, by the table's exact words, else by its patterns."""
        label = key(heading)
        if not label or len(label) > _LONGEST_HEADING:
            return None
        if (kind, label) not in self._found:
            self._found[kind, label] = self._look_up(kind, label)
        return self._found[kind, label]

    def guess(self, kind: Kind, heading: str) -> Match | None:
        """What a heading may say that the table of synonyms does not know for certain."""
        label = key(heading)
        return _first(self._guesses[kind], label) if 0 < len(label) <= _LONGEST_HEADING else None

    def _look_up(self, kind: Kind, label: str) -> Match | None:
        if kind is Kind.LEDGER and _BEGINNING.search(label):
            return Match(Field.EXTRA, _AFTER_EXACT)
        if exact := self.exact(kind, label):
            return exact
        if kind is Kind.LEDGER and (of_resident := resident_field(label)):
            return Match(of_resident, _AFTER_EXACT)
        found = _first(self._patterns[kind], label)
        if found is not None and found.field is Field.EXTRA:  # 领导交办事项 may be the problems
            guess = self.guess(kind, label)
            return guess if guess is not None and guess.field is Field.TITLE else found
        return found


def _first(patterns: Iterable[tuple[str, Match]], label: str) -> Match | None:
    return next((match for glob, match in patterns if fnmatchcase(label, glob)), None)


def resident_field(label: str) -> Field | None:
    """What a heading says of a resident, who is never an official: 反映人及联系方式, 业主电话, 困难群众姓名."""
    if not _RESIDENT.search(label):
        return None
    if _NUMBER_OF.search(label):
        alone = not re.search("姓名|[及和与、/]|人(?:员)?\\(", label)
        return Field.RESIDENT_PHONE if alone else Field.RESIDENT_NAME
    return Field.RESIDENT_NAME if _NAME_OF.search(label) else None


def key(heading: str) -> str:
    """A heading as it is compared: half width, no blanks, no <br>, no mark or colon around it."""
    return narrow(re.sub(r"<br\s*/?>", "", heading, flags=re.IGNORECASE)).strip("*:＊、.")


def without_brackets(label: str) -> str:
    """A heading without a remark in brackets at its end: 金额(万元) → 金额."""
    return re.sub(r"\([^()]*\)$", "", label)


def load_headings(extra: Path | None = None) -> Headings:
    """The shipped table, with an office's own file of the same form before it.

    Raises Unreadable where the office's file has a line that is not understood.
    """
    if extra is None:
        return _shipped()
    return Headings([*_lines(extra), *_lines(SHIPPED)])


@cache
def _shipped() -> Headings:
    return Headings(_lines(SHIPPED))


def _lines(path: Path) -> list[tuple[Kind, Field, bool, str]]:
    kind = Kind.LEDGER
    lines: list[tuple[Kind, Field, bool, str]] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"列名对照表 {path.name} 读不了，请用 UTF-8 编码保存后再试。") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if section := re.fullmatch(r"\[(ledger|units|people)\]", line.strip()):
            kind = Kind(section[1])
            continue
        word, _, headings = line.partition("\t")
        name = word.removesuffix("?")
        if name not in Field._value2member_map_ or not headings.strip():
            raise Unreadable(
                f"列名对照表 {path.name} 第{number}行看不懂。请写成“字段<Tab>列名 列名 …”，字段用 limit、unit 等英文名。"
            )
        lines += [(kind, Field(name), word != name, heading) for heading in headings.split()]
    return lines


_PROGRESS_GROUP = re.compile("情况|进展|进度|落实|结果|成效|完成")
_CHECK_GROUP = re.compile("验收|复核|核查|复查|回访|督办|审核")
_GENERIC = re.compile(
    "时间|日期|内容|单位|姓名|电话|情况|类型|类别|名称|结果|人员|联系电话|完成时间|完成日期"
)

_UNITS = frozenset([Field.UNIT, Field.CO_UNITS, Field.REGISTER_UNIT])
_PERSONAL = re.compile("姓名|名字|(?:联系)?(?:电话|手机)(?:号码?)?|联系方式|电话号码")


def understand(headings: Headings, kind: Kind, path: Sequence[str]) -> Match | None:
    """The field of a column whose head has the labels `path`, from the top down (one to three).

    A label such as 完成时间 means another thing below 整改情况 than below 整改措施.
    """
    labels = [label for label in dict.fromkeys(key(label) for label in path) if label]
    if not labels:
        return None
    *groups, label = labels
    group = "".join(groups)
    if kind is not Kind.LEDGER or not group:
        return headings.find(kind, label) or headings.guess(kind, label)
    if re.search("时限|期限|时间|日期|起止", group) and (end := _end_of_span(label)):
        return Match(end, 0)
    if (joined := headings.exact(kind, group + label)) and _GENERIC.fullmatch(label):
        return joined
    if re.search("时间|日期|时限|期限", label) and (under := _under(group, label)):
        return Match(under, 0)
    if _CHECK_GROUP.search(group):
        return Match(Field.EXTRA, 0)
    if _GENERIC.fullmatch(label) and "措施" in group:
        return Match(Field.MEASURES, 0)
    if (of_unit := headings.exact(kind, group)) and of_unit.field in _UNITS:
        if re.fullmatch("(?:单位|部门)(?:名称)?|名称", label):
            return of_unit
        if of_unit.field is Field.CO_UNITS:
            return Match(Field.EXTRA, 0)
    if _PERSONAL.fullmatch(label) and (of_person := _of_person(group, label)):
        return Match(of_person, 0)
    known = headings.find(kind, label) or headings.find(kind, group + label)
    if known is not None and known.field is Field.OWNER and "措施" in group:
        return Match(Field.OWNER, _AFTER_EXACT)  # of one measure: after the problem's own
    return known or headings.guess(kind, label) or headings.guess(kind, group + label)


def _end_of_span(label: str) -> Field | None:
    """What the two ends of a span of time mean: only the last is a limit."""
    if re.fullmatch("(?:整改)?(?:起|始|自|从|开始|起始|启动|开工)(?:时间|日期|日)?", label):
        return Field.EXTRA
    if re.fullmatch("(?:整改)?(?:止|终|至|到|完成|结束|截止|截至|终止|完工)(?:时间|日期|日)?", label):
        return Field.LIMIT
    return None


def _of_person(group: str, label: str) -> Field | None:
    """Whose name or telephone stands below a group's label; None where the label itself must tell."""
    is_number = _NUMBER_OF.search(label) is not None
    if _RESIDENT.search(group):
        return Field.RESIDENT_PHONE if is_number else Field.RESIDENT_NAME
    if re.search("责任|负责|经办|承办", group):
        return Field.OWNER_PHONE if is_number else Field.OWNER
    return Field.EXTRA if re.search("人|干部|领导|员|长", group) else None


def _under(group: str, label: str) -> Field | None:
    """What a date means below a group's label."""
    if "销号" in group:
        return Field.CLOSED_ON
    if _CHECK_GROUP.search(group):
        return Field.EXTRA
    if re.search("问题|隐患|诉求|基本", group) and not re.search("整改|办理|处理|落实|措施", group):
        return Field.FOUND_ON if re.fullmatch("时间|日期", label) else None
    if re.search("时限|期限|计划|预计|截止", label):
        return Field.MEASURE_DUE if "措施" in group else None
    if "措施" in group:
        return Field.MEASURE_DUE
    return Field.DONE_ON if _PROGRESS_GROUP.search(group) and "发现" not in label else None


def first_by_field(columns: Iterable[Column]) -> Mapping[Field, list[Column]]:
    """The columns of each field, the one that goes first in front."""
    found: dict[Field, list[Column]] = {}
    for column in columns:
        found.setdefault(column.field, []).append(column)
    return {field: sorted(same, key=lambda c: (c.rank, c.index)) for field, same in found.items()}
