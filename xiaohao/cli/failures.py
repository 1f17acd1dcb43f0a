"""What did not work, as a sentence and an exit code; the details of what nobody expected go to a file."""

import logging
import os
import re
import sys
import traceback
from datetime import datetime
from pathlib import Path

import click

from xiaohao.errors import XiaohaoError

INTERRUPTED = 130
LOG = "xiaohao.log"
PASSWORD = re.compile(r"://([^:/@\s]*):[^@/\s]+@")
"""The password of an address, which a log must not keep."""
LARGEST_LOG = 5_000_000


def told(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong, in one place; the exit code."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return 2
        case click.UsageError():
            hint = error.ctx.command_path if error.ctx is not None else "xiaohao"
            usage = f"{error.ctx.get_usage()}\n" if error.ctx is not None else ""
            message = usage_message(error)
            return _say(message, f"{usage}{message}\n运行 {hint} --help 查看说明。", 2, as_json)
        case click.ClickException():
            return _say(error.format_message(), error.format_message(), 2, as_json)
        case KeyboardInterrupt() | click.Abort():
            click.echo("已中断。", err=True)
            return INTERRUPTED
        case BrokenPipeError():
            _let_go_of_stdout()
            return 0
        case XiaohaoError():
            return _say(error.message, error.message, error.exit_code, as_json, error.missing)
        case _:
            return _unexpected(error, as_json)


def usage_message(error: click.UsageError) -> str:
    """click's sentence, with Chinese quotes and stops."""
    if isinstance(error, click.MissingParameter) and error.param is not None:
        kind = "选项" if error.param.param_type_name == "option" else "参数"
        return f"缺少{kind}“{_name(error.param)}”。"
    if isinstance(error, click.BadParameter) and error.param is not None:
        return f"“{_name(error.param)}”的值不对：{error.message}"
    if (
        isinstance(error, click.exceptions.NoSuchOption | click.exceptions.NoSuchCommand)
        and error.possibilities
    ):
        return f"{error.message}您是不是想用 {error.possibilities[0]}？"
    return error.format_message()


def keep_details(error: BaseException) -> Path | None:
    """Append what happened to the log in XIAOHAO_HOME/logs; its place, None where that cannot be written."""
    from xiaohao import bootstrap

    try:
        folder = bootstrap.home(bootstrap.settings()) / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / LOG
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(folder / f"{LOG}.1")
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        ) as file:
            at = datetime.now().astimezone().isoformat(timespec="seconds")
            said = PASSWORD.sub(r"://\1:***@", " ".join(sys.argv[1:]))
            file.write(f"{at} {said}\n")
            file.writelines(traceback.format_exception(error))
    except Exception:
        logging.getLogger("xiaohao").debug("no log", exc_info=True)
        return None
    return path


class DetailsOfErrors(logging.Handler):
    """Keeps the details of exceptions that an act logs and goes on after."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Append the exception of the record, where it has one."""
        if record.exc_info and record.exc_info[1] is not None:
            keep_details(record.exc_info[1])


def _unexpected(error: BaseException, as_json: bool) -> int:
    path = keep_details(error)
    where = f"详细情况记在 {path}" if path is not None else f"{type(error).__name__}：{error}"
    message = f"程序出现了没有预料到的错误，这一步没有完成。{where}，请交给维护人员。"
    return _say(message, message, 1, as_json)


def _say(message: str, on_screen: str, code: int, as_json: bool, missing: tuple[str, ...] = ()) -> int:
    if as_json:
        from xiaohao.cli import screen

        screen.write_json({"error": message, "missing": list(missing)})
    else:
        click.echo(on_screen.encode("utf-8", "replace").decode(), err=True)
    return code


def _name(param: click.Parameter) -> str:
    return (
        max(param.opts, key=len) if isinstance(param, click.Option) else (param.metavar or param.name or "")
    )


def _let_go_of_stdout() -> None:
    """Whoever read our output has gone; what is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
