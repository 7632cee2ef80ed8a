"""The session that a program holds, over real sockets against a scripted edge."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from client import messages, sender
from client.errors import BufferFull, SessionClosed, SessionRefused
from client.observer import SessionObserver
from client.reconnect import NO_RECONNECT, Reconnecting, ReconnectPolicy
from client.resend_buffer import Outgoing
from client.session import Session, connect
from infra.errors import Unavailable
from schemas.audio import FRAME_BYTES
from tests.support.clients.scripted_edge import ScriptedEdge, running

AT_ONCE = ReconnectPolicy(pauses_s=(0.0, 0.01, 0.02))


class Observer(SessionObserver):
    def __init__(self) -> None:
        self.items: list[Outgoing] = []
        self.lost: list[Reconnecting] = []

    def sent(self, item: Outgoing) -> None:
        self.items.append(item)

    def reconnecting(self, event: Reconnecting) -> None:
        self.lost.append(event)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for is a value, not an event
        await asyncio.sleep(0.01)


def tokens_of(edge: ScriptedEdge) -> list[str]:
    return [text["token"] for text in edge.texts if text["type"] == "auth"]


def speak(session: Session, frames: int = 2) -> bytes:
    """An answer of so many frames and a shorter one, and the end."""
    pcm = bytes(number % 251 for number in range(frames * FRAME_BYTES + 100))
    session.begin_answer(1)
    session.send_audio(pcm)
    session.end()
    return pcm


async def test_a_program_sends_at_once_and_reads_messages_until_the_report() -> None:
    async with running(ScriptedEdge()) as edge, connect(edge.url, token="t") as session:
        pcm = speak(session)
        kinds = [message.type async for message in session]

    assert edge.audio == pcm
    assert edge.order == ["auth", "start", "answer", "audio", "audio", "audio", "end"]
    assert [kind for kind in kinds if kind not in ("ack", "partial")] == [
        *("started", "questions", "final", "summary", "report")
    ]
    assert session.session_id == "s-1"
    assert session.frames_acked == 3
    assert session.samples_sent == len(pcm) // 2
    assert session.close_code == 1000


async def test_questions_are_given_once_though_the_server_repeats_them_after_a_resume() -> None:
    edge = ScriptedEdge(cut_after=2)
    async with running(edge), connect(edge.url, token="t", reconnect=AT_ONCE) as session:
        pcm = speak(session)
        kinds = [message.type async for message in session]

    assert edge.audio == pcm
    assert kinds.count("questions") == 1
    assert kinds.count("started") == 2
    assert "error" not in kinds


def numbered_tokens() -> Callable[[], Awaitable[str]]:
    numbers = count(1)

    async def token() -> str:
        return f"token-{next(numbers)}"

    return token


async def test_a_fresh_token_is_fetched_for_each_connection() -> None:
    edge = ScriptedEdge(cut_after=2)
    async with running(edge), connect(edge.url, token=numbered_tokens(), reconnect=AT_ONCE) as session:
        speak(session)
        async for _ in session:
            pass

    assert tokens_of(edge) == ["token-1", "token-2"]


async def test_a_token_is_renewed_when_the_server_says_that_it_expires() -> None:
    notice = {"type": "notice", "code": "token_expiring", "message": "Soon.", "deadline_ms": 60_000}
    async with running(ScriptedEdge(notice=notice)) as edge, connect(edge.url, token=numbered_tokens()) as session:
        session.send_audio(bytes(FRAME_BYTES))
        await until(lambda: len(tokens_of(edge)) == 2)

    assert tokens_of(edge) == ["token-1", "token-2"]


async def test_a_full_buffer_refuses_audio_and_drains_as_the_server_acknowledges() -> None:
    edge = ScriptedEdge(acks=False)
    async with running(edge), connect(edge.url, token="t", buffer_s=1.0) as session:
        session.send_audio(bytes(4 * FRAME_BYTES))
        with pytest.raises(BufferFull, match="drain"):
            session.send_audio(bytes(2))
        draining = asyncio.create_task(session.drain())
        await until(lambda: len(edge.audio) == 4 * FRAME_BYTES)
        assert not draining.done()

        edge.acks = True
        session.begin_answer(1)
        session.end()
        await draining
        await session.flush()

    assert session.frames_acked == 4


async def test_flush_returns_once_all_audio_is_stored() -> None:
    async with running(ScriptedEdge(cut_after=2)) as edge, connect(edge.url, token="t", reconnect=AT_ONCE) as session:
        pcm = speak(session, frames=5)
        await session.flush()

        assert edge.audio == pcm


async def test_torn_samples_and_audio_after_the_end_are_refused() -> None:
    async with running(ScriptedEdge()) as edge, connect(edge.url, token="t") as session:
        with pytest.raises(ValueError, match="whole samples"):
            session.send_audio(b"123")
        session.end()
        with pytest.raises(RuntimeError, match="ended"):
            session.send_audio(bytes(2))


async def test_a_session_that_is_over_says_why_to_readers_and_writers() -> None:
    edge = ScriptedEdge(cut_after=1, cuts=10)
    async with running(edge), connect(edge.url, token="t", reconnect=NO_RECONNECT) as session:
        session.send_audio(bytes(FRAME_BYTES))
        with pytest.raises(SessionClosed, match="not stored") as caught:
            async for _ in session:
                pass
        with pytest.raises(SessionClosed, match="not stored"):
            session.send_audio(bytes(2))
        with pytest.raises(SessionClosed, match="not stored"):
            await session.flush()

    assert caught.value.code == "not_kept"


async def test_what_is_left_unread_is_no_fault() -> None:
    edge = ScriptedEdge(cut_after=1, cuts=10)
    async with running(edge), connect(edge.url, token="t", reconnect=NO_RECONNECT) as session:
        session.send_audio(bytes(FRAME_BYTES))


async def test_containers_are_refused_before_anything_is_sent() -> None:
    start = messages.Start(audio=messages.AudioFormat(encoding="webm_opus"))
    with pytest.raises(ValueError, match="pcm_s16le"):
        async with connect("ws://127.0.0.1:9/v1/stream", token="t", start=start):
            pass


async def test_a_server_that_cannot_be_reached_is_an_error_at_once_or_tried_again_if_that_is_wanted() -> None:
    observer = Observer()
    with pytest.raises(Unavailable, match="No connection"):
        async with connect("ws://127.0.0.1:9/v1/stream", token="t", observer=observer):
            pass
    assert observer.lost == []

    patient = ReconnectPolicy(pauses_s=(0.0, 0.01), retries_first=True)
    with pytest.raises(Unavailable, match="No connection"):
        async with connect("ws://127.0.0.1:9/v1/stream", token="t", observer=observer, reconnect=patient):
            pass
    assert [event.code for event in observer.lost] == ["unreachable"] * 2


async def test_a_rejected_token_is_raised_by_connect() -> None:
    refusal = {"type": "error", "code": "token_expired", "message": "Too old.", "hint": "New.", "fatal": True}
    async with running(ScriptedEdge(refusal=refusal)) as edge:
        with pytest.raises(SessionRefused, match="Too old"):
            async with connect(edge.url, token="t"):
                pass


async def test_a_connection_on_which_nothing_comes_although_acks_are_due_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "SILENCE_S", 0.05)
    monkeypatch.setattr(sender, "_SILENCE_CHECK_S", 0.01)
    edge, observer = ScriptedEdge(acks=False), Observer()
    async with running(edge), connect(edge.url, token="t", reconnect=AT_ONCE, observer=observer) as session:
        session.send_audio(bytes(FRAME_BYTES))
        await until(lambda: bool(observer.lost))
        edge.acks = True
        await session.flush()

    assert observer.lost[0].code == "closed_1006"
    assert observer.lost[0].was_established


async def test_what_waited_goes_out_no_faster_than_a_server_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_CATCH_UP_BURST_S", 0.5)
    loop = asyncio.get_running_loop()
    async with running(ScriptedEdge()) as edge, connect(edge.url, token="t") as session:
        began_s = loop.time()
        session.send_audio(bytes(18 * FRAME_BYTES))
        await session.flush()

    assert loop.time() - began_s >= (18 * 0.25 - 0.5) / 8 - 0.01


async def test_audio_in_another_format_is_counted_at_16_khz() -> None:
    start = messages.Start(audio=messages.AudioFormat(encoding="pcm_f32le", sample_rate=48_000, channels=2))
    observer = Observer()
    async with running(ScriptedEdge()) as edge, connect(edge.url, token="t", start=start, observer=observer) as session:
        session.send_audio(bytes(8 * 48_000))
        await until(lambda: len(observer.items) == 4)

    assert [len(item) for item in observer.items if isinstance(item, bytes)] == [8 * 12_000] * 4
    assert session.samples_sent == 16_000
