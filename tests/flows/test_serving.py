"""What the Prefect server of `up` is told: an operator's words win, but for what guards it."""

from pathlib import Path

import pytest

from flows import serving
from xiaohao.settings import Settings

PROXY = "https://prefect.example.gov.cn/api"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return Settings(home=tmp_path)


def told(settings: Settings, at: str = "127.0.0.1") -> dict[str, str]:
    return dict(serving.environment(settings, at=at, port=4300, said="xiaohao:secret-secret"))


@pytest.mark.parametrize(
    ("at", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:4300/api"),
        ("0.0.0.0", "http://127.0.0.1:4300/api"),
        ("::", "http://127.0.0.1:4300/api"),
        ("10.0.0.8", "http://10.0.0.8:4300/api"),
    ],
)
def test_by_themselves_the_pages_call_the_address_of_the_server(
    settings: Settings, at: str, url: str
) -> None:
    assert told(settings, at)["PREFECT_SERVER_UI_API_URL"] == url


def test_behind_a_proxy_the_pages_call_what_the_operator_says(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_UI_API_URL", PROXY)
    assert told(settings)["PREFECT_SERVER_UI_API_URL"] == PROXY


@pytest.mark.parametrize(("name", "former"), serving.FORMER_NAMES.items())
def test_a_former_name_counts_as_the_name_of_today(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, former: str
) -> None:
    """Prefect takes the new name first: ours would silence the operator's."""
    assert name in told(settings)
    monkeypatch.setenv(former, "what the operator says")
    assert name not in told(settings)
    assert told(settings)[former] == "what the operator says"


def test_what_guards_the_server_is_ours(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED", "false")
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "other:secret-secret")
    assert told(settings)["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert told(settings)["PREFECT_SERVER_API_AUTH_STRING"] == "xiaohao:secret-secret"
