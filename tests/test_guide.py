"""The operator's guide names only what is there: commands, options, settings, files and links."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

import click
import pytest

from xiaohao.cli.command_line import COMMANDS, cli
from xiaohao.settings import each_setting

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
SETTINGS = {each.name for each in each_setting()}
OF_FILES = {"XIAOHAO_DB_PASSWORD"}
"""What deploy/postgres.sql and compose.yaml read; `test_service_files` looks at those."""
each_page = pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.name)


def commands(text: str) -> Iterator[list[str]]:
    """The words after `xiaohao` in each line of a code block and in each `…` of the text."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in lines:
        found = re.match(r"(?:[A-Z_]+=\S+ |docker (?:compose )?exec \S+ )*xiaohao (.+)", line.strip())
        if found is not None and not found[1].startswith("#"):
            yield shlex.split(found[1])


def parsed(words: list[str]) -> click.Context:
    """The command that the words name, with its options read. Raises what the command line would say."""
    context = cli.make_context("xiaohao", [*words], resilient_parsing=False)
    command: click.Command | None = cli
    rest = words
    while isinstance(command, click.Group):
        assert rest, f"xiaohao {shlex.join(words)}: which command?"
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
    return command.make_context(name, [*rest], parent=context)


@each_page
def test_every_command_of_the_guide_is_one_with_these_options(page: Path) -> None:
    """Read by the program's own command line, up to the point where it would begin to act.

    A command that a sentence names (`xiaohao restore`) may leave its arguments out.
    """
    for words in commands(page.read_text(encoding="utf-8")):
        if words[0] not in COMMANDS:
            pytest.fail(f"{page.name}: xiaohao {shlex.join(words)}")
        try:
            parsed(words)
        except click.MissingParameter:
            assert all(re.fullmatch("[a-z-]+", word) and not word.startswith("-") for word in words), words


def test_the_check_finds_what_is_wrong() -> None:
    """It reads blocks and sentences; a wrong command, option or number of arguments does not pass."""
    text = (
        "See `xiaohao status --nonsense`.\n```\n$ no\nXIAOHAO_HOME=/x xiaohao db check\nxiaohao show\n```\n"
    )
    assert list(commands(text)) == [["db", "check"], ["show"], ["status", "--nonsense"]]
    parsed(["db", "check"])
    for wrong in (["status", "--nonsense"], ["show"], ["db", "mend"]):
        with pytest.raises(click.UsageError):
            parsed(wrong)


@each_page
def test_every_setting_of_the_guide_is_one(page: Path) -> None:
    named = set(re.findall(r"\bXIAOHAO_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert named <= SETTINGS | OF_FILES


def test_the_guide_shows_the_commands_that_an_operator_needs() -> None:
    shown = [words for page in GUIDE for words in commands(page.read_text(encoding="utf-8"))]
    singles = {"up", "status", "watch", "nightly", "recheck", "backup", "restore", "import", "deliver"}
    assert singles <= {words[0] for words in shown}
    pairs = {("db", "upgrade"), ("db", "check"), ("db", "copy"), ("trail", "verify"), ("outbox", "release")}
    assert pairs <= {tuple(words[:2]) for words in shown}


@each_page
def test_a_folder_is_made_before_a_file_is_put_into_it(page: Path) -> None:
    """`install FILE FOLDER/NAME` fails where the folder is not there: as in the order of the page."""
    made = {"/etc/systemd/system", "/opt"}
    for words in sudo_installs(page.read_text(encoding="utf-8")):
        place = PurePosixPath(words[-1])
        if "-d" in words:
            made.add(str(place))
        else:
            assert str(place if words[-1].endswith("/") else place.parent) in made, words


def sudo_installs(text: str) -> Iterator[list[str]]:
    """The words of each `sudo install` of the code blocks, in order."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield from (shlex.split(line) for line in block.splitlines() if line.startswith("sudo install "))


def test_the_settings_of_prefect_are_put_in_place_by_commands() -> None:
    """`/etc/xiaohao` is there on no machine by itself."""
    text = (ROOT / "docs" / "guide" / "install.zh.md").read_text(encoding="utf-8")
    assert [words[-1] for words in sudo_installs(text)][-2:] == ["/etc/xiaohao", "/etc/xiaohao/prefect.env"]


def test_a_container_of_the_guide_can_be_reached_from_this_machine_alone() -> None:
    """`docker run` without -p reaches nothing; with a bare port it is open to everybody."""
    text = (ROOT / "docs" / "guide" / "install.zh.md").read_text(encoding="utf-8")
    (words,) = [shlex.split(line) for line in text.splitlines() if line.startswith("docker run ")]
    published = [word for before, word in pairwise(words) if before == "-p"]
    assert published == ["127.0.0.1:4200:4200", "127.0.0.1:4280:4280"]
    assert all(f"`{name}" in text for name in ("PREFECT_SERVER_UI_API_URL", "XIAOHAO_PAGE_URL"))


@each_page
def test_every_link_and_file_of_the_guide_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, place = target.partition("#")
        there = page.parent / file if file else page
        assert there.is_file(), (page.name, target)
        if place:
            assert place in {_anchor(h) for h in re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)}, (
                target
            )
    for name in re.findall(r"\bdeploy/[\w.-]+\w", text):
        assert (ROOT / name).exists() or name == "deploy/.env", (page.name, name)


def _anchor(heading: str) -> str:
    """As pages of a repository make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_both_readmes_lead_to_the_guide() -> None:
    for name in ("README.md", "README.zh.md"):
        assert "(docs/guide/index.zh.md)" in (ROOT / name).read_text(encoding="utf-8")
