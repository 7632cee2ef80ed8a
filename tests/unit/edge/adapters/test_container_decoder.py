"""Opus containers, whole, split, and broken in every way."""

import asyncio
import random
import threading
import time

import numpy as np
import pytest

from edge.adapters import container_decoder
from edge.adapters.container_decoder import ContainerDecoder
from edge.core.events import AudioDecoded, DecodeFailed
from tests.support.audio.containers import recorded, tone
from tests.support.waiting import DEADLINE_S

KINDS = (("webm_opus", recorded("webm", 3.0)), ("ogg_opus", recorded("ogg", 3.0)))
kinds = pytest.mark.parametrize(("encoding", "container"), KINDS, ids=[encoding for encoding, _ in KINDS])


async def decoded(encoding: str, data: bytes, size: int = 4000) -> bytes | str:
    """The audio of a container in pieces of this size, or the error."""
    decoder = ContainerDecoder(encoding)
    audio, until = b"", 0
    try:
        for start in range(0, len(data), size):
            made = await decoder.decode(data[start : start + size])
            if isinstance(made, DecodeFailed):
                return made.detail
            audio += made.audio
            assert until <= made.until_sample
            until = made.until_sample
        made = await decoder.flush()
        if isinstance(made, DecodeFailed):
            return made.detail
        audio += made.audio
        assert made.until_sample * 2 == len(audio)
        return audio
    finally:
        decoder.close()


@kinds
async def test_any_split_gives_the_same_audio(encoding: str, container: bytes) -> None:
    whole = await decoded(encoding, container, len(container))
    assert isinstance(whole, bytes)
    assert len(whole) == 3 * 32_000
    assert np.abs(np.frombuffer(whole, "<i2")[800:-800] / 32768 - tone(3.0, 16_000)[800:-800]).max() < 0.05
    for size in (97, 1000, 4096):
        assert await decoded(encoding, container, size) == whole


async def test_two_channels_are_mixed() -> None:
    audio = await decoded("webm_opus", recorded("webm", 1.0, channels=2))
    assert isinstance(audio, bytes)
    assert np.abs(np.frombuffer(audio, "<i2")[800:-800] / 32768 - tone(1.0, 16_000)[800:-800]).max() < 0.05


async def test_audio_is_decoded_as_it_arrives() -> None:
    decoder = ContainerDecoder("webm_opus")
    container = recorded("webm", 3.0)
    made = await decoder.decode(container[: len(container) // 2])
    decoder.close()
    assert isinstance(made, AudioDecoded)
    assert 1.0 < made.until_sample / 16_000 < 1.6


@kinds
async def test_other_data_is_rejected(encoding: str, container: bytes) -> None:
    other = dict(KINDS)["ogg_opus" if encoding == "webm_opus" else "webm_opus"]
    noise = random.Random(1).randbytes(20_000)
    for broken in (b"hello", bytes(5000), noise, other, container[len(container) // 2 :], b"RIFF" + bytes(2000)):
        fault = await decoded(encoding, broken)
        assert isinstance(fault, str)
        assert fault


async def test_another_codec_is_rejected() -> None:
    assert (
        await decoded("ogg_opus", recorded("ogg", 1.0, codec="flac"))
        == "it holds something other than one track of Opus"
    )


@kinds
async def test_a_container_cut_short_gives_what_it_held(encoding: str, container: bytes) -> None:
    audio = await decoded(encoding, container[: len(container) * 2 // 3])
    assert isinstance(audio, bytes)
    assert 32_000 <= len(audio) < 3 * 32_000


@kinds
async def test_damage_of_any_kind_gives_audio_or_an_error(encoding: str, container: bytes) -> None:
    chance = random.Random(5)
    for _ in range(40):
        damaged = bytearray(container)
        for _ in range(chance.choice([1, 5, 200])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        at = chance.randrange(len(damaged))
        del damaged[at : at + chance.choice([0, 1, 500])]
        await decoded(encoding, bytes(damaged), chance.choice([700, 5000, 50_000]))


async def test_a_stream_without_audio_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_decoder, "_MAX_BYTES_WITHOUT_AUDIO", 50_000)
    header = recorded("webm", 0.5)
    # An EBML Void element of nearly a megabyte: legal, and without audio.
    assert await decoded("webm_opus", header + b"\xec\x10\x0f\xff\xff" + bytes(900_000)) == (
        "50000 bytes of it hold no audio"
    )


async def test_too_much_audio_in_a_message_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_decoder, "_MAX_DECODED_BYTES", 32_000)
    container = recorded("webm", 3.0)
    assert await decoded("webm_opus", container, len(container)) == "one message holds more than a minute of audio"


async def test_long_decoding_is_throttled_and_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_decoder, "_TIME_SLICE_S", 0.005)
    rests_s: list[float] = []
    resting: set[int] = set()
    together_most = 0
    really_sleep = time.sleep

    def rest(seconds: float) -> None:
        nonlocal together_most
        resting.add(threading.get_ident())
        together_most = max(together_most, len(resting))
        rests_s.append(seconds)
        really_sleep(seconds)
        resting.remove(threading.get_ident())

    monkeypatch.setattr(time, "sleep", rest)
    container = recorded("ogg", 10.0)
    begun_s = time.process_time()
    together = await asyncio.gather(*(decoded("ogg_opus", container, len(container)) for _ in range(3)))
    worked_s = time.process_time() - begun_s
    assert [len(audio) for audio in together] == 3 * [10 * 32_000]
    assert together_most == 1
    assert 0.3 * worked_s < sum(rests_s) < worked_s


async def test_a_browsers_messages_are_never_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    rests_s: list[float] = []
    monkeypatch.setattr(time, "sleep", rests_s.append)
    container = recorded("webm", 3.0)
    assert isinstance(await decoded("webm_opus", container, len(container) // 12), bytes)
    assert rests_s == []


async def test_no_data_is_not_an_error() -> None:
    assert await decoded("ogg_opus", b"") == b""


async def test_closing_ends_the_thread() -> None:
    before = set(threading.enumerate())
    decoder = ContainerDecoder("webm_opus")
    await decoder.decode(recorded("webm", 1.0)[:5000])
    [thread] = set(threading.enumerate()) - before
    decoder.close()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
