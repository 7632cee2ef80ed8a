"""Runs of servers with a number of speakers at once, one after the other."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.peers.figures import figures
from bench.peers.whole.process_usage import Usage
from bench.peers.whole.servers import START_S, Server
from bench.peers.whole.streaming_client import Speaker
from bench.speech_streams import Stream, joined, stream
from infra.errors import RostrumError

_STAGGER_S = 0.37
"""Between one speaker's beginning and the next one's: nobody begins in step."""
_WARM_UP_S = 90.0


def longest_s(server: Server, speakers: int, seconds: float) -> float:
    """Of a run, if all goes as badly as it may."""
    return START_S + (_WARM_UP_S if server.warms_up else 0) + speakers * _STAGGER_S + seconds + server.drain_s + 60


def rounds(servers: Sequence[Server], counts: Sequence[int]) -> Iterator[tuple[Server, int]]:
    """Every server with few speakers before any with more, so that none has the quieter hour."""
    for count in sorted(counts):
        for server in servers:
            yield server, count


async def measure(server: Server, speakers: int, seconds: float, log: Path) -> dict[str, Any]:
    """The server started, some speakers at once, the server ended. What goes wrong is a result: `failed`."""
    result: dict[str, Any] = {"server": server.name, "speakers": speakers}
    try:
        async with server.running(log) as groups:
            if server.warms_up:
                await _warm_up(server)
            result |= await _measured(server, Usage(groups), [stream(each, seconds) for each in range(speakers)])
    except RostrumError as error:
        result |= {"failed": str(error), "held": False}
    return result


async def _warm_up(server: Server) -> None:
    warm = Speaker(joined("warm-up", "sentence_1"))
    await warm.speak(server.session, _WARM_UP_S)
    if warm.notes:
        raise RostrumError(f"{server.name} failed in its warm-up: {warm.notes[0]}", "See its log.")


async def _measured(server: Server, usage: Usage, streams: Sequence[Stream]) -> dict[str, Any]:
    speakers = [Speaker(each) for each in streams]
    stopped = asyncio.Event()
    watching = asyncio.create_task(usage.watch(stopped))
    began_s, harness_s = time.monotonic(), time.process_time()

    async def one(index: int, speaker: Speaker) -> None:
        await asyncio.sleep(index * _STAGGER_S)
        await speaker.speak(server.session, speaker.stream.seconds + server.drain_s)

    try:
        await asyncio.gather(*(one(index, speaker) for index, speaker in enumerate(speakers)))
    finally:
        stopped.set()
        await watching
    streaming_s = max(index * _STAGGER_S + each.seconds for index, each in enumerate(streams))
    audio_s = sum(each.seconds for each in streams)
    taken_s = usage.cpu_s(began_s + streaming_s)
    own_s = sum(taken_s[name] for name in server.measured)
    return {
        **await asyncio.to_thread(figures, speakers),
        "audio_s": round(audio_s, 1),
        "cpu_s_per_audio_s": round(own_s / audio_s, 3),
        "cpu_s_per_audio_s_of": {name: round(each / audio_s, 3) for name, each in taken_s.items()},
        "cores": round(own_s / streaming_s, 2),
        "peak_mb": round(sum(usage.peak_mb[name] for name in server.measured)),
        "peak_mb_of": {name: round(each) for name, each in usage.peak_mb.items()},
        "harness_cpu_s": round(time.process_time() - harness_s, 1),
    }
