"""What every command is: Chinese help with examples, `--json`, and an answer that is shown in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from xiaohao.cli.help_pages import Page

JSON = "xiaohao.json"


@dataclass(frozen=True)
class Answer:
    """What a command has to say: a document for programs, and the same for people.

    `exit_code` is 1 where the command did its work and found an error. `said` is True for a command that
    has spoken while it ran.
    """

    document: Any
    show: Callable[[Any], None]
    exit_code: int = 0
    said: bool = False


class Command(click.Command):
    """A command whose function returns an Answer."""

    context_class = Page

    def __init__(self, name: str | None, *, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(name, **{"options_metavar": "[选项]"} | attributes)
        self.examples = tuple(examples)
        self.params.append(
            click.Option(
                ["--json", "as_json"],
                is_flag=True,
                expose_value=False,
                callback=_remember,
                help="只向标准输出写一份 JSON。",
            )
        )

    def invoke(self, ctx: click.Context) -> int:
        """Run the function and show what it answers; the exit code."""
        answer = super().invoke(ctx)
        if answer.said:
            return int(answer.exit_code)
        from xiaohao.cli import screen  # drawing tables takes longer to load than all the rest

        if ctx.meta.get(JSON):
            screen.write_json(answer.document)
        else:
            answer.show(screen.Screen())
        return int(answer.exit_code)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """The first line of the help."""
        return _first_line(self)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The examples."""
        if self.examples:
            with formatter.section("示例"):
                for example in self.examples:
                    formatter.write(f"  xiaohao {example}\n")


class Group(click.Group):
    """A command with commands of its own."""

    context_class = Page
    command_class = Command

    def __init__(self, name: str | None, **attributes: Any) -> None:
        words = {"options_metavar": "[选项]", "subcommand_metavar": "命令 [参数]…"}
        super().__init__(name, **words | attributes)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """The first line of the help."""
        return _first_line(self)


def command(
    help: str, *, examples: Sequence[str], name: str | None = None
) -> Callable[[Callable[..., Answer]], Command]:
    """Make a function a command; the first sentence of `help` stands in the list of commands."""

    def made(function: Callable[..., Answer]) -> Command:
        return click.command(name, cls=Command, help=help, examples=examples)(function)

    return made


def _first_line(command: click.Command) -> str:
    return (command.help or "").strip().split("\n")[0]


def wants_json() -> bool:
    """Whether the command that runs was asked for JSON."""
    return bool(click.get_current_context().meta.get(JSON))


def _remember(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[JSON] = value
