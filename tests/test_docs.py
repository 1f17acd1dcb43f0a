"""The docs tell what the program does: printed pages are fresh, and every example runs as it stands."""

import importlib.util
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from command_runner import CommandLine

from xiaohao import errors, vocabulary
from xiaohao.cli.command_line import COMMANDS
from xiaohao.settings import each_setting

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")


def script(name: str) -> ModuleType:
    """A script of docs/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(r"^```\w*\n(.*?)^```$", text_of(name), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "glossary.md", "errors.md", "moves.md"])
def test_a_printed_page_is_as_the_program_prints_it(name: str) -> None:
    """Otherwise: `make docs`."""
    assert text_of(f"docs/{name}") == script("print_pages").pages()[name]


def test_the_page_of_messages_is_as_the_channels_post_them_and_its_pictures_are_there() -> None:
    """Otherwise: `make docs`, and `python docs/draw_messages.py` for the pictures."""
    text = text_of("docs/messages.zh.md")
    assert text == script("draw_messages").page()
    pictures = re.findall(r"\]\((pictures/\w+\.png)\)", text)
    assert len(pictures) > 5
    assert all((ROOT / "docs" / picture).stat().st_size > 1_000 for picture in pictures)


def test_every_command_setting_channel_error_and_action_is_in_the_docs() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for name in COMMANDS:
        assert f"## xiaohao {name}\n" in pages
    for setting in each_setting():
        assert f"`{setting.name}`" in pages
    for word in (*vocabulary.Channel, *vocabulary.Action):
        assert f"| `{word.value}` | {word.label} |" in pages
    for name in dir(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.XiaohaoError):
            assert f"| `{name}` |" in pages


def test_both_readmes_show_the_same_commands() -> None:
    first, second = (blocks(name) for name in READMES)
    assert first == second
    assert any("make run" in block for block in first)
    assert any("make test" in block for block in first)


def steps() -> Iterator[tuple[list[str], list[str]]]:
    """The commands of the README with the lines that are shown below each."""
    for block in blocks("README.md"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *shown = part.rstrip("\n").split("\n")
            if first.startswith("xiaohao "):
                yield shlex.split(first)[1:], shown


def test_the_first_steps_of_the_readme_give_what_they_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    line = CommandLine(Path("build") / "first-steps")
    there = list(steps())
    assert len(there) >= 6
    for args, shown in there:
        ran = line(*args)
        given = [text.rstrip() for text in (ran.out or ran.err).rstrip("\n").split("\n")]
        assert _fits(shown, given), (args, given)
    assert os.listdir(line.home)


def _fits(shown: list[str], given: list[str]) -> bool:
    """Whether the lines are the same; a line of `…` stands for any number of lines."""
    if not shown:
        return not given
    if shown[0] == "…":
        return any(_fits(shown[1:], given[at:]) for at in range(len(given) + 1))
    return bool(given) and shown[0] == given[0] and _fits(shown[1:], given[1:])
