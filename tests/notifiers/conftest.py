"""The machine that tests channels sends nothing through a proxy, whatever its environment says."""

import pytest
from vendor_standin import without_proxies


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)
