"""A hundred sessions that end soon after their last word: it is never missing, and streaming costs hardly any words
compared with the same model on the whole recordings at once."""

import asyncio
from pathlib import Path
from random import Random

import numpy as np
import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel

from bench.speech_streams import SpeechStream, joined
from client.accuracy import compare, word_error_rate
from infra.kafka.settings import KafkaSettings
from infra.samples import WHISPER_MICRO
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE
from schemas.wire import Summary
from tests.support.audio.speech import SENTENCES
from tests.support.processes.stage_process import processes
from tests.support.soak.results import keep, new_seed
from tests.support.transcribe.processes import BY_DEFAULT, Client, Transcriber
from tests.support.transcribe.scenario import ended_whole, speak, text_of
from tests.support.transcribe.session_records import frames_of

SESSIONS = 100
AT_ONCE = 10
SPEED = 4
RECORDINGS = (*SENTENCES, "unseen_voice", "noise", "answers_1", "answers_2")
TAIL_S = (0.05, 0.4)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def spoken(number: int, chance: Random) -> SpeechStream:
    """Two recordings, cut off soon after the last word."""
    first, last = chance.sample(RECORDINGS, 2)
    whole = joined(f"s-{number}", first, round(chance.uniform(0.6, 1.5), 2), last)
    until = round((whole.words[-1].end_s + chance.uniform(*TAIL_S)) * SAMPLE_RATE)
    return SpeechStream(whole.name, whole.pcm[: until * SAMPLE_BYTES], whole.words)


def said_in(stream: SpeechStream) -> list[str]:
    return [word.text for word in stream.words]


def end_is(said: list[str], heard: list[str]) -> str:
    """What became of the last word."""
    differences = compare(said, heard).differences
    if not differences or differences[-1].reference[1] < len(said):
        return "right"
    (begin, end), (heard_begin, heard_end) = differences[-1].reference, differences[-1].hypothesis
    return "missing" if heard_end - heard_begin < end - begin else "wrong"


def heard_at_once(streams: list[SpeechStream]) -> list[str]:
    """The whole recordings through faster-whisper's own batches, with its defaults."""
    pipeline = BatchedInferencePipeline(WhisperModel(str(WHISPER_MICRO), device="cpu"))
    texts = []
    for stream in streams:
        samples = np.frombuffer(stream.pcm, "<i2").astype(np.float32) / 32768
        segments, _ = pipeline.transcribe(samples, language="en", word_timestamps=True)
        texts.append(" ".join(segment.text for segment in segments))
    return texts


async def test_no_last_word_is_missing(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = new_seed()
    chance = Random(seed)
    streams = [spoken(number, chance) for number in range(SESSIONS)]
    turn = asyncio.Semaphore(AT_ONCE)

    async def write(stream: SpeechStream) -> None:
        async with turn:
            await speak(kafka, stream.name, frames_of(stream.pcm), SPEED)

    async with (
        Client(kafka) as client,
        processes(Transcriber(kafka, tmp_path / "transcribe.log", **BY_DEFAULT)),
    ):
        await asyncio.gather(*map(write, streams))
        for stream in streams:
            await client.until(stream.name, Summary, within_s=120)
        heard = [text_of(await ended_whole(kafka, client, stream.name, stream.pcm)) for stream in streams]
    at_once = await asyncio.to_thread(heard_at_once, streams)
    said = [said_in(stream) for stream in streams]
    texts = [" ".join(words) for words in said]
    ends = [end_is(*each) for each in zip(said, map(str.split, heard), strict=True)]
    ends_at_once = [end_is(*each) for each in zip(said, map(str.split, at_once), strict=True)]
    rates = {"streaming": word_error_rate(texts, heard), "at_once": word_error_rate(texts, at_once)}
    keep(
        "transcriber_last_words",
        seed=seed,
        sessions=SESSIONS,
        sessions_at_once=AT_ONCE,
        times_real_time=SPEED,
        audio_s=round(sum(stream.seconds for stream in streams)),
        words=sum(map(len, said)),
        last_words={kind: ends.count(kind) for kind in ("right", "wrong", "missing")},
        last_words_at_once={kind: ends_at_once.count(kind) for kind in ("right", "wrong", "missing")},
        word_error_rate={name: round(rate, 4) for name, rate in rates.items()},
        ends_not_right=[
            {"said": " ".join(words[-4:]), "heard": " ".join(text.split()[-4:])}
            for words, text, end in zip(said, heard, ends, strict=True)
            if end != "right"
        ],
    )
    assert "missing" not in ends
    assert rates["streaming"] <= rates["at_once"] + 0.01
