"""The house as HOUSE and STYLE want it: names, sizes, and nothing that belongs to one machine."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "models", "notifiers", "xiaohao")
NOT_OURS = {".venv", ".git", "build", "dist", "data", "__pycache__"}
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60


def written(*endings: str) -> Iterator[Path]:
    """Every file of the project with one of these endings, but what is generated or comes from outside."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in inside)
        if path.is_file() and not hidden and not NOT_OURS & set(inside) and path.suffix in endings:
            yield path


def of_the_house() -> list[Path]:
    return [
        path
        for path in written(".py")
        if path.relative_to(ROOT).parts[0] in ROOMS and "migrations" not in path.parts
    ]


def test_no_dependency_brings_a_package_of_our_names() -> None:
    for distribution in importlib.metadata.distributions():
        if distribution.metadata["Name"] == "xiaohao":
            continue
        tops = {file.parts[0].removesuffix(".py") for file in distribution.files or ()}
        assert not tops & set(ROOMS), distribution.metadata["Name"]


@pytest.mark.parametrize("path", of_the_house(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_keep_their_size(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            docstring = ast.get_docstring(node) and (first.end_lineno or 0) - first.lineno + 1
            lines = (node.end_lineno or 0) - node.lineno + 1 - (docstring or 0)
            assert lines <= MOST_LINES_OF_A_FUNCTION, (path, node.name)


def test_no_file_is_named_like_a_package_of_the_standard_library() -> None:
    for path in of_the_house():
        if path.parent.parent == ROOT:
            assert (
                path.stem == "__init__"
                or path.stem not in sys.stdlib_module_names
                or path.parent.name == "xiaohao"
            ), path


def test_nothing_names_a_folder_of_this_machine_or_a_package_index() -> None:
    folders = {str(ROOT), str(Path.home())} - {"/", "/root"}
    index = re.compile(r"--(extra-)?index-url|--find-links|index_url\s*=")
    for path in written(".py", ".md", ".toml", ".lock", ".cfg", ".sh", ".mako", ".yaml", ".yml", ".csv", ""):
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not any(folder in text for folder in folders), path
        assert not index.search(text), path


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## \S", makefile, re.MULTILINE), target


def test_the_lock_file_holds_a_hash_for_each_package() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for package in re.split(r"\n(?=\S)", lock):
        if re.match(r"[a-z0-9]", package):
            assert "--hash=sha256:" in package, package.split("\n")[0]


def test_what_make_setup_builds_with_is_locked() -> None:
    """`make setup` installs the project without a build environment of its own."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (builder,) = project["build-system"]["requires"]
    assert f"\n{builder} " in lock
    assert "dev-mode-dirs" in project["tool"]["hatch"].get("build", {}) or "\neditables==" in lock
