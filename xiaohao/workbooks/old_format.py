"""Old Excel workbooks (.xls; [MS-XLS]) → sheets, by python-calamine."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import is_blank
from xiaohao.workbooks.grid import MOST_CELLS, Book, Merge, Row, Sheet, Value

UNSEEN = (
    "旧版 .xls 里的删除线、批注和错误值（如 #REF!）读不出来，有作废的行请自行核对，或另存为 .xlsx 后再导入。"
)
_LARGEST_AREA = 2 * MOST_CELLS  # rows by columns, the empty ones counted
_PANIC = "PanicException"  # of Rust: no Exception, and of no module that could be imported
_DAMAGED = "文件已损坏或没有传完整，请在 Excel 中打开，另存为 .xlsx 后再导入。"
_LOCKED = "文件设了打开密码，请取消密码后另存再导入。"


def read_old_format(path: Path) -> Book:
    """The sheets of the workbook, hidden ones too. Raises Unreadable where it is damaged or locked."""
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            hidden = {m.name: m.visible is not SheetVisibleEnum.Visible for m in book.sheets_metadata}
            sheets = [_sheet(book.get_sheet_by_name(name), hidden[name]) for name in book.sheet_names]
    except PasswordError as error:
        raise Unreadable(_LOCKED) from error
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise Unreadable(_DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise Unreadable(_DAMAGED) from error
    return Book(sheets, (UNSEEN,))


def _sheet(source: CalamineSheet, hidden: bool) -> Sheet:
    merges = [
        Merge(top + 1, left, bottom + 1, right)
        for (top, left), (bottom, right) in sorted(source.merged_cell_ranges or ())
    ]
    sheet = Sheet(source.name, [], merges, hidden)
    if source.start is None:
        return sheet
    if source.total_height * source.total_width > _LARGEST_AREA:
        raise Unreadable(_too_many(sheet))
    count = 0
    for number, cells in enumerate(source.to_python(skip_empty_area=False), 1):
        values: list[Value] = [_value(cell) for cell in cells]
        while values and values[-1] is None:
            values.pop()
        count += sum(value is not None for value in values)
        if count > MOST_CELLS:
            raise Unreadable(_too_many(sheet))
        if any(isinstance(value, str) and "\x00" in value for value in values):
            raise Unreadable(
                f"工作表“{sheet.name}”第{number}行含有空字符（NUL），内容可能已损坏，请修正后再导入。"
            )
        if values:
            sheet.rows.append(Row(number, values))
    return sheet


def _too_many(sheet: Sheet) -> str:
    return f"工作表“{sheet.name}”的单元格超过 {MOST_CELLS // 10000} 万个，请拆成几个文件。"


def _value(cell: object) -> Value:
    match cell:
        case bool() | int() | datetime() | time():
            return cell
        case str():
            return None if is_blank(cell) else cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
        case date():
            return datetime(cell.year, cell.month, cell.day)
        case timedelta():
            return str(cell)
    return None
