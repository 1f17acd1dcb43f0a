"""A real browser: Debian's Chromium, driven by playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright


@contextmanager
def browser_page(*, width: int, height: int) -> Iterator[Page]:
    """A page of this size in a fresh browser; the test is skipped where there is no Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("没有 Chromium：安装 chromium 后再运行这项测试")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=2)
        finally:
            browser.close()
