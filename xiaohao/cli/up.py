"""`xiaohao up`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from xiaohao import bootstrap
from xiaohao.cli import screen
from xiaohao.cli.commands import Answer, command, wants_json
from xiaohao.cli.parameters import Port, flag, option
from xiaohao.cli.screen import Screen

if TYPE_CHECKING:
    from flows.up import Ready


@command(
    """启动销号：定时任务、Prefect 服务和页面。

一条命令启动一台机器所需的一切，默认只有本机能访问：每天凌晨 2 点夜间运行，随后巡查，定时发送通知和核对留痕，\
也可以在 Prefect 页面上手动运行。漏掉的夜间运行，启动时补上最近的一个。
按 Ctrl-C 或收到 SIGTERM 就停止，不留下任何进程；停机期间的定时任务不会丢。""",
    examples=["up", "up --port 4300", "up --worker"],
)
@option("--port", type=Port(), default=4200, help="Prefect 服务的端口，默认 4200。")
@option("--page-port", type=Port(), default=4280, help="页面的端口，默认 4280。")
@flag("--worker", help="经工作池运行，可以在别的机器上再加 worker（要用 PostgreSQL）。")
def up_command(port: int, page_port: int, worker: bool) -> Answer:
    from flows import up

    settings = bootstrap.settings()
    wanted = up.Wanted(port=port, page_port=page_port, worker=worker)
    as_json = wants_json()

    def ready(at: "Ready") -> None:
        if as_json:
            screen.write_json_line(document(at))
        else:
            _show(Screen(), at)

    up.run(settings, wanted, say=screen.note, ready=ready)
    return Answer(None, lambda _: None, said=True)


def document(at: "Ready") -> dict[str, Any]:
    """What programs read when everything runs."""
    return asdict(at)


def _show(s: Screen, at: "Ready") -> None:
    s.line("已启动。", style="bold")
    s.facts(
        [
            ("Prefect 页面", at.prefect_api.removesuffix("/api")),
            ("用户名和密码", f"见 {at.up_file} 里的 prefect_auth"),
            ("页面", at.page),
            ("定时任务", "、".join(at.deployments)),
        ]
    )
    s.line("按 Ctrl-C 停止。")
