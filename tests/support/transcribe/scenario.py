"""A session that is spoken while something happens to its transcriber, and what must be true of it afterwards."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, pairwise, takewhile
from math import inf

from aiokafka.partitioner import DefaultPartitioner

from client.accuracy import normalised
from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, SAMPLE_RATE, samples_to_ms
from schemas.transcripts import Final, SessionTranscribed
from schemas.wire import Summary
from tests.support.audio.speech import SENTENCES, joined
from tests.support.transcribe.processes import Client, stored
from tests.support.transcribe.session_records import SessionWriter, frames_of
from tests.support.waiting import DEADLINE_S

PACE_S = FRAME_MS / 1000
_PASSAGE_WORDS = 3
_BETWEEN_S = 0.6


def partition_of(kafka: KafkaSettings, session_id: str) -> int:
    """The partition of the session's log."""
    every = list(range(kafka.session_partitions))
    partition: int = DefaultPartitioner()(session_id.encode(), every, every)
    return partition


def session_on_each(kafka: KafkaSettings, name: str = "s") -> list[str]:
    """Ids of sessions, one for each partition."""
    ids = [f"{name}-{number}" for number in range(100)]
    return [
        next(each for each in ids if partition_of(kafka, each) == partition)
        for partition in range(kafka.session_partitions)
    ]


def sentences_until(stopped: asyncio.Event) -> Iterator[bytes]:
    """The bundled sentences over and over, in whole frames."""
    pcm = joined(*SENTENCES).pcm + bytes(int(_BETWEEN_S * SAMPLE_RATE) * SAMPLE_BYTES)
    whole = pcm + bytes(-len(pcm) % FRAME_BYTES)
    return takewhile(lambda _: not stopped.is_set(), cycle(frames_of(whole)))


async def speak(kafka: KafkaSettings, session_id: str, frames: Iterable[bytes], speed: float = 1.0) -> bytes:
    """A whole session, at this multiple of live speed; returns its audio."""
    loop = asyncio.get_running_loop()
    said = bytearray()
    async with make_producer(kafka) as producer:
        writer = SessionWriter(producer, kafka, session_id)
        await writer.start()
        began_s = loop.time()
        for frame in frames:
            await asyncio.sleep(began_s + writer.seq * PACE_S / speed - loop.time())
            await writer.audio(frame)
            said += frame
        await writer.end()
    return bytes(said)


async def undisturbed(
    kafka: KafkaSettings, client: Client, pcm: bytes, session_id: str = "s-plain", within_s: float = DEADLINE_S
) -> list[Final]:
    """The same in a session to which nothing happens, as fast as it goes."""
    await speak(kafka, session_id, frames_of(pcm), speed=inf)
    await client.until(session_id, Summary, within_s)
    finals, _ = await stored(kafka, session_id)
    return finals


async def ended_whole(
    kafka: KafkaSettings, client: Client, session_id: str, pcm: bytes, within_s: float = DEADLINE_S
) -> list[Final]:
    """Its finals, once it has ended: numbered without gaps, none twice, times that never overlap, no audio skipped; and
    the client got exactly these, in this order, though some perhaps more than once."""
    await client.until(session_id, Summary, within_s)
    finals, transcribed = await stored(kafka, session_id)
    check_finals(finals)
    assert [each.audio_ms for each in transcribed] == [samples_to_ms(len(pcm) // SAMPLE_BYTES)]
    check_replies(client, session_id, finals, transcribed[0])
    return finals


def check_finals(finals: Sequence[Final]) -> None:
    assert [final.number for final in finals] == list(range(1, len(finals) + 1))
    words = [word for final in finals for word in final.words]
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))


def check_replies(client: Client, session_id: str, finals: Sequence[Final], transcribed: SessionTranscribed) -> None:
    sent = client.finals(session_id)
    by_number = {each.number: each for each in sent}
    assert [{"type": "final", **dict(final)} for final in finals] == [dict(each) for each in by_number.values()]
    assert all(by_number[each.number] == each for each in sent), "sent again, but not the same"
    assert {each.words for each in client.messages(session_id) if isinstance(each, Summary)} == {transcribed.words}


def text_of(finals: Iterable[Final]) -> str:
    return normalised(" ".join(final.text for final in finals))


def repeated_passages(text: str, *known: str) -> dict[str, int]:
    """Passages of three words that are in the text twice or more, and more often than in any of the known texts."""
    counts = [_passages(each) for each in known]
    return {
        passage: times
        for passage, times in _passages(text).items()
        if times > max([1, *(each[passage] for each in counts)])
    }


def _passages(text: str) -> Counter[str]:
    words = text.split()
    return Counter(" ".join(words[at : at + _PASSAGE_WORDS]) for at in range(len(words) - _PASSAGE_WORDS + 1))
