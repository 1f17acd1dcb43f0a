"""`xiaohao people`."""

from datetime import date

from xiaohao import bootstrap
from xiaohao.actions import people
from xiaohao.actions.people import DeputyLine, PeopleView
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import DAY, option
from xiaohao.cli.screen import Screen


@command(
    "查看岗位、任职、代理和空缺。\n岗位空缺时，通知逐级上报。",
    examples=["people", "people --on 2023-10-16 --json"],
)
@option("--on", type=DAY, help="哪一天的情况，默认今天。")
def people_command(on: date | None) -> Answer:
    ledger = desk.ledger()
    view = people.people(ledger, on or bootstrap.today())
    return Answer(view, lambda s: _show(s, view))


def _show(s: Screen, view: PeopleView) -> None:
    rows = [
        (u.code, u.unit, post.role, post.name, post.code, post.from_on, _deputies(post.deputies))
        for u in view.units
        for post in u.posts
    ]
    s.table(("编码", "单位", "职务", "姓名", "工号", "任职时间", "代理"), rows)
    if view.vacancies:
        s.head(f"岗位空缺（{len(view.vacancies)} 个，通知逐级上报）")
        s.table(
            ("单位", "职务", "空缺前最后一天"), [(v.unit, v.role, v.last_held_on) for v in view.vacancies]
        )
    if view.foretold:
        s.head("三十天内将要空缺")
        s.table(
            ("单位", "职务", "现任", "任职到"),
            [(f.unit, f.role, f.official, f.last_day) for f in view.foretold],
        )


def _deputies(deputies: tuple[DeputyLine, ...]) -> str | None:
    return "、".join(f"{x.name}（{x.from_on} 至 {x.until_on}）" for x in deputies) or None
