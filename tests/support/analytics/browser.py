"""A real browser whose microphone plays a recording."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.waiting import DEADLINE_S

expect.set_options(timeout=DEADLINE_S * 1000)


def chromium() -> str:
    """The path of Chromium, from CHROMIUM or the PATH; skips the test if there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no chromium: `apt-get install chromium`, or name one in CHROMIUM")
    return found


@asynccontextmanager
async def browser_running(recording: Path, *, microphone: bool = True) -> AsyncIterator[Browser]:
    """The microphone plays `recording` once per page; without `microphone` the permission is denied."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream" if microphone else "--deny-permission-prompts",
                f"--use-file-for-fake-audio-capture={Path.cwd() / recording}%noloop",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()


class PageErrors:
    """The errors of a page: exceptions of its scripts, and violations of its Content-Security-Policy."""

    def __init__(self, page: Page) -> None:
        self.messages: list[str] = []
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("console", lambda message: self.messages.append(message.text) if message.type == "error" else None)
