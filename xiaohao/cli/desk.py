"""What commands ask before they act: the ledger, the day that an act counts on, and who acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import click
import sqlalchemy as sa

from xiaohao import bootstrap
from xiaohao.actions import acting
from xiaohao.cli import problem_page, screen
from xiaohao.cli.commands import Answer
from xiaohao.errors import WrongDate
from xiaohao.ledger import lists
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.settings import Settings


def ledger(settings: Settings | None = None) -> Ledger:
    """The ledger that the settings name, closed when the command ends. Raises as `bootstrap.ledger`."""
    return closed_at_end(bootstrap.ledger(settings or bootstrap.settings()))


def engine(settings: Settings | None = None) -> sa.Engine:
    """The database as it is, closed when the command ends. Raises as `bootstrap.engine`."""
    opened = bootstrap.engine(settings or bootstrap.settings())
    click.get_current_context().call_on_close(opened.dispose)
    return opened


def closed_at_end(opened: Ledger) -> Ledger:
    """The same ledger; its connections are given back when the command ends."""
    click.get_current_context().call_on_close(opened.engine.dispose)
    return opened


def through_up(settings: Settings, ask: Callable[[Any], Any]) -> Any:
    """What `ask` gets from the `xiaohao up` that runs (`flows.through_up`), None where none takes it up.

    Which way is used is said on standard error. Raises what the run raises.
    """
    from flows import through_up as flows
    from flows import up_file

    up = up_file.living(settings.home)
    if up is None:
        return None
    screen.note(f"经正在运行的 xiaohao up 办理（{up.prefect_api}）…")
    flows.prepare(up)
    try:
        return ask(flows)
    except flows.NotTaken:
        screen.note("xiaohao up 没有接手，改为直接办理。")
        return None


@contextmanager
def without_up(settings: Settings, *, so: str) -> Iterator[None]:
    """Keep every `xiaohao up` of this XIAOHAO_HOME away while the block runs (`flows.up_file.away`).

    Raises Refused where one runs; `so` says what was not done.
    """
    from flows import up_file

    with up_file.away(bootstrap.home(settings), so=so):
        yield


def act_day(on: date | None) -> date:
    """The day given, else today in Shanghai. Raises WrongDate for a later one."""
    today = bootstrap.today()
    if on is not None and on > today:
        raise WrongDate(f"日期 {on} 晚于今天（{today}），不能提前办理。台账没有变化。")
    return on or today


def sit_down(by: str, on: date | None) -> tuple[Ledger, Person, date]:
    """The ledger, who acts (`by`, else XIAOHAO_BY) and the day that it counts on.

    Raises WrongUsage where nobody is named, NotFound where there is nobody of that code, WrongDate.
    """
    settings = bootstrap.settings()
    day = act_day(on)
    here = ledger(settings)
    return here, acting.person(here, by or settings.by, day), day


def after(here: Ledger, number: str, said: str) -> Answer:
    """The problem after an act, with what was done in one sentence."""
    with here.reading() as r:
        view = lists.problem_view(r, number)
    return Answer(view, lambda s: problem_page.after(s, view, said))
