"""policy.toml → `rules.policy.Policy`; every error with its key path. DESIGN section 4.3."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from xiaohao.errors import PolicyFault
from xiaohao.rules.counting import NOT_SUSPENDED, Counter, Term
from xiaohao.rules.policy import FIVE_WORKDAYS, THREE_WORKDAYS, ClassPolicy, Policy
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass, Role, Source, UnitKind

CLASS_KEYS = {"term", "warn", "levels", "repeat", "take_up", "review"}
TOP_KEYS = {word.value for word in RectificationClass} | {"take_up", "verify", "call_back", "posts"}
MOST_LEVELS = 3
W = TypeVar("W")


def shipped() -> str:
    """The text of the policy that comes with the program."""
    return (files("xiaohao") / "default_policy.toml").read_text(encoding="utf-8")


def digest(text: str) -> str:
    """Hex SHA-256 of a policy's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> str:
    """The text of a policy file. Raises PolicyFault where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyFault(f"规则文件 {path.name} 读不了，请确认文件存在并以 UTF-8 保存。") from error


def parse(text: str, *, policy_id: int = 0) -> Policy:
    """The policy of a TOML text. Raises PolicyFault with every fault found, each with its key path."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyFault(f"规则文件不是有效的 TOML：{error}。规则未启用。") from error
    reader = _Reader(body)
    policy = reader.policy(policy_id)
    if reader.faults:
        raise PolicyFault("规则文件有错，未启用：" + "；".join(reader.faults), missing=reader.faults)
    return policy


class _Reader:
    """Reads one document, collecting faults."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body
        self.faults: list[str] = []

    def policy(self, policy_id: int) -> Policy:
        self._known("", self._body, TOP_KEYS)
        classes = {word: self._class(word) for word in RectificationClass}
        return Policy(
            classes,
            take_up_second=self._term("take_up.second", self._section("take_up", {"second"}).get("second"))
            or THREE_WORKDAYS,
            verify_remind=self._term("verify.remind", self._section("verify", {"remind"}).get("remind"))
            or FIVE_WORKDAYS,
            call_back_sources=frozenset(self._sources()),
            posts=self._posts(),
            id=policy_id,
        )

    def _section(self, name: str, keys: set[str] | None = None) -> Mapping[str, Any]:
        section = self._body.get(name, {})
        if not isinstance(section, dict):
            self.faults.append(f"{name}：应是一节，如 [{name}]")
            return {}
        if keys is not None:
            self._known(f"{name}.", section, keys)
        return section

    def _known(self, path: str, section: Mapping[str, Any], keys: set[str]) -> None:
        for key in section:
            if key not in keys:
                self.faults.append(f"{path}{key}：没有这一项，可用的有 {'、'.join(sorted(keys))}")

    def _class(self, word: RectificationClass) -> ClassPolicy:
        if word.value not in self._body:
            self.faults.append(f"{word.value}：缺少这一节（{word.label}）")
        section = self._section(word.value, CLASS_KEYS)
        levels = self._terms(f"{word.value}.levels", section.get("levels", []))
        if not 1 <= len(levels) <= MOST_LEVELS:
            self.faults.append(f"{word.value}.levels：要写 1 到 {MOST_LEVELS} 级，现有 {len(levels)} 级")
        self._rising(f"{word.value}.levels", levels)
        long_term = word is RectificationClass.LONG_TERM
        if long_term and "review" not in section:
            self.faults.append(f"{word.value}.review：缺少，长期整改要写多久报告一次进展")
        if not long_term and "review" in section:
            self.faults.append(f"{word.value}.review：只有长期整改可以写")
        if "repeat" not in section:
            self.faults.append(f"{word.value}.repeat：缺少，最高一级要写多久重复一次")
        return ClassPolicy(
            term=self._term(f"{word.value}.term", section.get("term")),
            warn=tuple(self._terms(f"{word.value}.warn", section.get("warn", []))),
            levels=tuple(levels),
            repeat=self._term(f"{word.value}.repeat", section.get("repeat")),
            take_up=self._term(f"{word.value}.take_up", section.get("take_up")),
            review=self._term(f"{word.value}.review", section.get("review")),
        )

    def _terms(self, path: str, value: Any) -> list[Term]:
        if not isinstance(value, list):
            self.faults.append(f'{path}：应是列表，如 ["3 workdays"]')
            return []
        terms = (self._term(f"{path}[{place}]", item) for place, item in enumerate(value))
        return [term for term in terms if term is not None]

    def _term(self, path: str, value: Any) -> Term | None:
        if value is None:
            return None
        try:
            return Term.parse(value)
        except (TypeError, ValueError):
            self.faults.append(f'{path}：看不懂“{value}”，应如 "3 workdays"、"7 days"、"3 months"')
            return None

    def _rising(self, path: str, levels: list[Term]) -> None:
        counter = Counter(Workdays({}), NOT_SUSPENDED)
        days = [counter.after(date(2026, 3, 2), term) for term in levels]
        for place in range(1, len(days)):
            if days[place] <= days[place - 1]:
                self.faults.append(f"{path}[{place}]：要晚于前一级，现为 {levels[place].label}")

    def _sources(self) -> list[Source]:
        values = self._section("call_back", {"sources"}).get("sources", [])
        return self._words("call_back.sources", values, Source.from_label, "来源")

    def _posts(self) -> dict[UnitKind, tuple[Role, ...]]:
        section = self._section("posts", {kind.value for kind in UnitKind})
        by_code = {role.value: role for role in Role}
        return {
            UnitKind(kind): tuple(self._words(f"posts.{kind}", roles, by_code.get, "岗位"))
            for kind, roles in section.items()
            if kind in {word.value for word in UnitKind}
        }

    def _words(self, path: str, values: Any, find: Callable[[str], W | None], what: str) -> list[W]:
        if not isinstance(values, list):
            self.faults.append(f"{path}：应是列表")
            return []
        found: list[W] = []
        for place, value in enumerate(values):
            word = find(str(value))
            if word is None:
                self.faults.append(f"{path}[{place}]：没有“{value}”这个{what}")
            else:
                found.append(word)
        return found
