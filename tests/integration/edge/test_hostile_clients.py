"""Everything hostile at once against a live edge over real TLS, beside a speaker who must not notice any of it."""

import asyncio
import random
import secrets
from pathlib import Path

from infra.kafka.settings import KafkaSettings
from tests.support.edge.hostile_clients import (
    FRAMES,
    HANDSHAKES,
    make_containers,
    offer_compression,
    send_badly,
    send_noise_for_tls,
    shake_hands_badly,
    speak_oddly,
)
from tests.support.edge.in_process import client, stages
from tests.support.edge.process import edge_process
from tests.support.edge.reference_speaker import Steady

ODD_SPEAKERS, ODD_USERS = 16, 8
AT_ONCE = 16


async def test_one_speaker_notices_nothing_of_all_the_others(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    dice = random.Random(seed)
    turn = asyncio.Semaphore(AT_ONCE)
    make_containers()

    async def odd(number: int, own_dice: random.Random) -> None:
        async with turn:
            await speak_oddly(edge.address, own_dice, f"odd-{number % ODD_USERS}")

    async with (
        edge_process(kafka, tmp_path, EDGE_MAX_SESSIONS_PER_USER="1", EDGE_ADMISSION_MAX_LAG_S="0") as edge,
        stages(kafka) as later,
        client(edge.address) as speaker,
    ):
        steady = Steady(speaker, every_s=0.1)
        await steady.begin(edge.address.token("ada"), later)
        hostile = asyncio.gather(
            *(shake_hands_badly(edge.address, name) for name in HANDSHAKES),
            *(send_badly(edge.address, name) for name in FRAMES),
            *(send_noise_for_tls(edge.address, dice) for _ in range(20)),
            *(odd(number, random.Random(dice.random())) for number in range(ODD_SPEAKERS)),
            offer_compression(edge.address),
        )
        await steady.speak_until(hostile)
        await hostile
        await steady.end(later)
        await edge.quiet()
        for number in range(ODD_USERS):
            # Nobody's place is taken any more.
            async with client(edge.address) as late:
                assert (await late.start(edge.address.token(f"odd-{number}")))["type"] == "started"
        for code in (1002, 1007, 1009):
            frames = sum(wanted == code for _, wanted in FRAMES.values())
            assert await edge.metric("rostrum_edge_connections_closed_total", code=str(code)) >= frames
        await edge.quiet()
        assert await edge.metric("rostrum_edge_produce_queue_records") == 0
        assert await edge.metric("rostrum_edge_send_queue_messages") == 0
        assert '"level": "error"' not in edge.log, edge.log
