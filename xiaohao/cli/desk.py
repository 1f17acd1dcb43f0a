"""What commands ask before they act: the day that an act counts on, and who acts."""

from datetime import date

from xiaohao import bootstrap
from xiaohao.actions import acting
from xiaohao.cli import problem_page
from xiaohao.cli.commands import Answer
from xiaohao.errors import WrongDate
from xiaohao.ledger import lists
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person


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
    ledger = bootstrap.ledger(settings)
    return ledger, acting.person(ledger, by or settings.by, day), day


def after(ledger: Ledger, number: str, said: str) -> Answer:
    """The problem after an act, with what was done in one sentence."""
    with ledger.reading() as r:
        view = lists.problem_view(r, number)
    return Answer(view, lambda s: problem_page.after(s, view, said))
