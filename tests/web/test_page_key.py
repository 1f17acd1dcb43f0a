"""The key that links are signed with: made once, for nobody else to read, and never a short one."""

import threading
from pathlib import Path

import pytest

from xiaohao import bootstrap
from xiaohao.errors import Refused
from xiaohao.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_it_is_made_at_its_first_use_and_stays(settings: Settings) -> None:
    key = bootstrap.page_key(settings)
    path = settings.home / "keys" / "page.key"
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    assert bootstrap.page_key(settings) == key
    assert [each.name for each in path.parent.iterdir()] == ["page.key"]


def test_several_that_come_first_together_end_with_one(settings: Settings) -> None:
    bootstrap.home(settings)
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(bootstrap.page_key(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_that_is_cut_short_is_refused(settings: Settings, content: bytes) -> None:
    bootstrap.page_key(settings)
    (settings.home / "keys" / "page.key").write_bytes(content)
    with pytest.raises(Refused, match="不完整"):
        bootstrap.page_key(settings)


def test_a_key_that_others_can_read_is_refused(settings: Settings) -> None:
    bootstrap.page_key(settings)
    (settings.home / "keys" / "page.key").chmod(0o644)
    with pytest.raises(Refused, match="别人也能读"):
        bootstrap.page_key(settings)
