"""All hostile clients at once against a live edge over real TLS, beside a speaker who must not notice them."""

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
    send_bad_frames,
    send_bad_handshake,
    send_noise_for_tls,
    send_odd_messages,
)
from tests.support.edge.in_process import client, play_stages
from tests.support.edge.process import edge_process
from tests.support.edge.reference_speaker import ReferenceSpeaker

ODD_CLIENTS, ODD_USERS = 16, 8
AT_ONCE = 16


async def test_hostile_clients_do_not_disturb_a_speaker(kafka: KafkaSettings, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    dice = random.Random(seed)
    turn = asyncio.Semaphore(AT_ONCE)
    make_containers()

    async def odd(number: int, own_dice: random.Random) -> None:
        async with turn:
            await send_odd_messages(edge.address, own_dice, f"odd-{number % ODD_USERS}")

    async with (
        edge_process(kafka, tmp_path, EDGE_MAX_SESSIONS_PER_USER="1", EDGE_ADMISSION_MAX_LAG_S="0") as edge,
        play_stages(kafka) as fake_stages,
        client(edge.address) as speaker,
    ):
        reference = ReferenceSpeaker(speaker, every_s=0.1)
        await reference.begin(edge.address.token("ada"), fake_stages)
        hostile = asyncio.gather(
            *(send_bad_handshake(edge.address, name) for name in HANDSHAKES),
            *(send_bad_frames(edge.address, name) for name in FRAMES),
            *(send_noise_for_tls(edge.address, dice) for _ in range(20)),
            *(odd(number, random.Random(dice.random())) for number in range(ODD_CLIENTS)),
            offer_compression(edge.address),
        )
        await reference.speak_until(hostile)
        await hostile
        await reference.end(fake_stages)
        await edge.quiet()
        for number in range(ODD_USERS):
            # No session quota is still taken.
            async with client(edge.address) as late:
                assert (await late.start(edge.address.token(f"odd-{number}")))["type"] == "started"
        for code in (1002, 1007, 1009):
            frames = sum(wanted == code for _, wanted in FRAMES.values())
            assert await edge.metric("rostrum_edge_connections_closed_total", code=str(code)) >= frames
        await edge.quiet()
        assert await edge.metric("rostrum_edge_produce_queue_records") == 0
        assert await edge.metric("rostrum_edge_send_queue_messages") == 0
        assert '"level": "error"' not in edge.log, edge.log
