"""The one tree of errors. A message says where, what, what to do, and what became of the rest.

XiaohaoError
├── Refused                 exit 1: the ledger is unchanged
│   ├── Incomplete          something is missing; `missing` lists all of it
│   ├── MoveNotAllowed      the state of the problem, or who acts, does not allow it
│   ├── NotFound            no such problem, unit, official
│   ├── Unreadable          a file that is refused as a whole
│   ├── PolicyFault         policy.toml, with the key path
│   ├── CalendarFault       a yearly file of days
│   ├── BadCallback         a request to a callback that its vendor did not make, or that cannot be read
│   ├── WrongDate           a business date before the last night, or later than today
│   └── SchemaFault         a database that is older or newer than the program
├── WrongUsage              exit 2
└── Unreachable             exit 3: something outside cannot be reached
    ├── LedgerBusy          another process writes and did not finish in time
    └── LedgerUnreachable   no database there
"""

from collections.abc import Sequence


class XiaohaoError(Exception):
    """出错了。"""

    exit_code = 1

    def __init__(self, message: str = "", *, missing: Sequence[str] = ()) -> None:
        super().__init__(message or (self.__doc__ or ""))
        self.missing = tuple(missing)

    @property
    def message(self) -> str:
        """The sentence that the user reads."""
        return str(self)


class Refused(XiaohaoError):
    """操作未被接受，台账没有变化。"""


class Incomplete(Refused):
    """还缺少以下内容，台账没有变化。"""


class MoveNotAllowed(Refused):
    """当前状态或当前人员不能进行这一步，台账没有变化。"""


class NotFound(Refused):
    """没有找到。"""


class Unreadable(Refused):
    """这个文件读不了，没有导入任何内容。"""


class PolicyFault(Refused):
    """规则文件有错，未启用。"""


class CalendarFault(Refused):
    """工作日历文件有错，未启用。"""


class BadCallback(Refused):
    """回调请求未被接受，没有写入任何内容。"""


class WrongDate(Refused):
    """业务日期不对。"""


class SchemaFault(Refused):
    """数据库版本与程序不符。"""


class WrongUsage(XiaohaoError):
    """命令用法不对，请加 --help 查看说明。"""

    exit_code = 2


class Unreachable(XiaohaoError):
    """外部服务连不上。"""

    exit_code = 3


class LedgerBusy(Unreachable):
    """台账正被另一个程序写入，请稍后再试。"""


class LedgerUnreachable(Unreachable):
    """连不上台账数据库。"""
