"""The practice page in a real browser whose microphone plays a recording, against a scripted edge."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from analytics.adapters.http.app import make_app
from analytics.adapters.http.pages import EdgeUrls, PageConfig, PageLimits
from analytics.core.read_models import Competition, LeaderboardEntry, StoredReport
from analytics.queries import Queries
from infra.clock import SystemClock
from infra.health import Health, serve_http
from infra.identity import IdentitySettings, TokenVerifier, development_token
from infra.settings import LocalSettings
from tests.support.analytics.browser import PageErrors, browser_running
from tests.support.analytics.events import report
from tests.support.analytics.fake_edge import PageEdge, edge_running
from tests.support.analytics.fake_fact_store import FakeFactStore, session
from tests.support.waiting import DEADLINE_S, until

# One browser for all tests: it takes a second to start.
pytestmark = pytest.mark.asyncio(loop_scope="module")

RECORDING = Path("samples/whisper-micro/speech/answers_1.wav")
SECRET = "a secret for tests, and only for those"


def token(user: str = "ann", valid_s: float = 600) -> str:
    return development_token(SECRET, user, name="Ann <script>", org="north", valid_s=valid_s)


def fact_store() -> FakeFactStore:
    return FakeFactStore(
        known={"cup": Competition(id="cup", name="The <i>Cup</i>")},
        entries=[
            LeaderboardEntry(rank=1, user_id="bob", display_name="Bob", words=412, sessions=3),
            LeaderboardEntry(rank=2, user_id="ann", display_name="<img src=x onerror=alert(1)>", words=96, sessions=1),
            LeaderboardEntry(rank=2, user_id="cem", display_name="Cem", words=96, sessions=2),
        ],
    )


@asynccontextmanager
async def site(store: FakeFactStore, edge: PageEdge, folder: Path) -> AsyncIterator[str]:
    """The stage's HTTP server on a free port; gives its URL."""
    verifier = TokenVerifier(IdentitySettings(secret=SecretStr(SECRET)), LocalSettings(data=folder))
    config = PageConfig(
        development=True,
        public_leaderboards=True,
        edge=EdgeUrls.at(edge.url),
        limits=PageLimits(session_s=3600, resume_grace_s=30, message_bytes=262_144),
    )
    app = make_app(Queries(store, SystemClock(), public=True, show_user_ids=True), verifier, config, Health())
    async with serve_http(app, "127.0.0.1", 0) as port:
        yield f"http://localhost:{port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browser_running(RECORDING) as browser:
        yield browser


@asynccontextmanager
async def opened(
    browser: Browser,
    folder: Path,
    edge: PageEdge | None = None,
    stored: FakeFactStore | None = None,
    signed: str | None = None,
) -> AsyncIterator[tuple[Page, PageEdge, PageErrors]]:
    """The page, opened with a token."""
    async with (
        edge_running(edge or PageEdge()) as running,
        site(stored or fact_store(), running, folder) as address,
        await browser.new_context(viewport={"width": 1200, "height": 900}) as context,
    ):
        context.set_default_timeout(DEADLINE_S * 1000)
        page = await context.new_page()
        errors = PageErrors(page)
        await page.goto(f"{address}/#token={signed or token()}")
        yield page, running, errors


async def test_a_speaker_from_the_first_click_to_the_report(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path) as (page, edge, errors):
        await expect(page.get_by_label("Your name on the leaderboard")).to_have_value("Ann <script>")
        assert "token" not in page.url
        tree = await page.locator("body").aria_snapshot()
        assert not re.search(r"- (button|textbox|combobox|checkbox)\s*$", tree, re.MULTILINE), "a control has no name"
        await expect(page.locator("#board-rows tr")).to_have_count(3)
        await expect(page.locator("tr[aria-current] td").nth(1)).to_have_text("<img src=x onerror=alert(1)>")
        await page.get_by_label("Topic").fill("markets")
        await page.get_by_role("button", name="Start speaking").click()

        await expect(page.get_by_role("status")).to_contain_text("Demo recogniser")
        await expect(page.locator("#question")).to_have_text("What did you do 1 days ago?")
        await page.get_by_role("button", name="Answer this question").click()
        await expect(page.locator(".partial")).not_to_be_empty()
        await expect(page.locator(".final").first).to_be_visible()
        await page.get_by_role("button", name="Next question").click()
        await expect(page.locator("#question-count")).to_have_text("Question 2 of 10")
        # Speech that looks like markup is shown as text.
        await expect(page.locator("#words")).to_contain_text("<b>market</b>")
        await expect(page.locator("#saved")).to_contain_text("saved")
        await expect(page.locator(".unsure")).to_have_text("buy")
        await page.get_by_role("button", name="I am done").click()

        await expect(page.locator("#figures")).to_contain_text("129")
        await expect(page.locator("#report-body")).to_contain_text("You told a story well.")
        await expect(page.locator(".mistakes del")).to_have_text("he go")
        await expect(page.locator(".mistakes ins")).to_have_text("he goes")
        await expect(page.get_by_role("button", name="Speak again")).to_be_visible()
        assert errors.messages == []

    assert [one["type"] for one in edge.texts] == ["auth", "start", "answer", "answer", "end"]
    assert edge.texts[1]["display_name"] == "Ann <script>"
    assert edge.texts[1]["competition"] == "cup"
    assert edge.texts[1]["topic"] == "markets"
    assert set(edge.sizes[:-1]) == {8000}
    assert 0 < edge.sizes[-1] <= 8000
    # The audio is not silent.
    samples = memoryview(edge.audio).cast("h")
    assert max(samples) > 2000


async def test_an_expired_token_is_rejected_and_a_pasted_one_accepted(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, signed=token(valid_s=-60)) as (page, _, _errors):
        await expect(page.get_by_role("alert")).to_contain_text("The token has expired.")
        await page.get_by_label("Token").fill("nonsense")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("This is not a token.")
        await page.get_by_label("Token").fill(token())
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
        # The token survives a reload, but not signing out.
        await page.reload()
        await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Token")).to_be_visible()


async def test_a_denied_microphone_is_explained(tmp_path: Path) -> None:
    async with (
        browser_running(RECORDING, microphone=False) as browser,
        opened(browser, tmp_path) as (page, edge, _),
    ):
        await page.get_by_role("button", name="Start speaking").click()
        await expect(page.get_by_role("alert")).to_contain_text("The microphone was not allowed.")
        await expect(page.get_by_role("alert")).to_contain_text("lock symbol")
        await expect(page.get_by_role("button", name="Start speaking")).to_be_enabled()
        assert edge.texts == []


async def test_a_rejection_is_shown_in_the_servers_words(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, PageEdge(refuse=True)) as (page, _, _errors):
        await page.get_by_role("button", name="Start speaking").click()
        await expect(page.get_by_role("alert")).to_have_text("The token has expired. Get one.")
        await expect(page.get_by_role("button", name="Speak again")).to_be_visible()


async def test_an_overloaded_server_is_retried_until_there_is_a_place(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, PageEdge(full=True)) as (page, edge, errors):
        await page.get_by_role("button", name="Start speaking").click()
        await expect(page.locator("#stage-title")).to_have_text("Waiting for a place…")
        await expect(page.get_by_role("status")).to_contain_text("There is no place now. Trying again")
        await until(lambda: len(edge.texts) >= 4)
        edge.full = False
        await expect(page.locator("#stage-title")).to_have_text("Listening: speak now")
        await expect(page.get_by_role("status")).not_to_contain_text("Trying again")
        await expect(page.locator(".final").first).to_be_visible()
        assert errors.messages == []
    assert [one["type"] for one in edge.texts] == len(edge.texts) // 2 * ["auth", "start"]
    assert not any("resume" in one for one in edge.texts)


async def test_after_a_lost_connection_the_session_is_resumed_without_losing_audio(
    browser: Browser, tmp_path: Path
) -> None:
    async with opened(browser, tmp_path, PageEdge(close_after=(5, 1001))) as (page, edge, errors):
        await page.get_by_role("button", name="Start speaking").click()
        await page.get_by_role("button", name="Answer this question").click()
        await expect(page.get_by_role("status")).to_contain_text("Keep speaking")
        edge.may_resume.set()
        await expect(page.get_by_role("status")).not_to_contain_text("Keep speaking")
        await expect(page.locator("#stage-title")).to_have_text("Listening: speak now")
        await expect(page.locator("#question")).to_have_text("What did you do 1 days ago?")
        await expect(page.locator(".final").nth(1)).to_be_visible()
        await page.get_by_role("button", name="I am done").click()
        await expect(page.locator("#report-body")).to_contain_text("You told a story well.")
        assert errors.messages == []

    starts = [one for one in edge.texts if one["type"] == "start"]
    assert [(one.get("resume"), one.get("from_frame"), one.get("have_final")) for one in starts] == [
        *((None, None, None), ("r", 4, 1))
    ]
    assert edge.lost
    assert edge.audio[4 * 8000 : 5 * 8000] == edge.lost
    assert edge.texts[-1]["type"] == "end"


async def test_a_session_that_cannot_be_resumed_is_explained_and_its_report_fetched(
    browser: Browser, tmp_path: Path
) -> None:
    stored = fact_store()
    stored.sessions["s1"] = session()
    stored.reports["s1"] = StoredReport(
        session_id="s1", analysis_version=1, report=report("Late, but here."), error=None
    )
    edge = PageEdge(close_after=(4, 1013), forgets=True)
    async with opened(browser, tmp_path, edge, stored) as (page, _, _errors):
        await page.get_by_role("button", name="Start speaking").click()
        await expect(page.get_by_role("alert")).to_contain_text("There is no such session")
        await expect(page.locator("#report-body")).to_contain_text("Late, but here.")


async def test_audio_at_another_rate_is_resampled(browser: Browser, tmp_path: Path) -> None:
    """For browsers that open the microphone only at its own rate: the passband stays, what would alias is removed."""
    async with opened(browser, tmp_path) as (page, _, _errors):
        loudness = await page.evaluate(
            """async () => {
                const { Resampler } = await import("/resample.js");
                const rms = (rate, hertz) => {
                    const resampler = new Resampler(rate, 16000);
                    const out = [];
                    for (let at = 0; at < rate; at += 128) {
                        const wave = (_, i) => Math.sin((2 * Math.PI * hertz * (at + i)) / rate);
                        out.push(...resampler.push(Float32Array.from({ length: 128 }, wave)));
                    }
                    const body = out.slice(1000, -1000);
                    return [out.length, Math.sqrt(body.reduce((sum, x) => sum + x * x, 0) / body.length)];
                };
                return [44100, 48000].map((rate) => [300, 3000, 6000, 10000, 15000].map((hertz) => rms(rate, hertz)));
            }"""
        )
    for at_rate in loudness:
        for length, _ in at_rate:
            assert 15_900 <= length <= 16_050
        levels = [level for _, level in at_rate]
        assert all(abs(level - 0.7071) < 0.01 for level in levels[:3]), levels
        assert all(level < 0.01 for level in levels[3:]), levels
