"""A load of hostile clients, as a process of its own with low priority, so that it does not slow down the
measurement.

    python -m tests.support.edge.hostile_load strangers|odd PORT DATA COUNT PER_S AT_ONCE SEED

COUNT clients in all, PER_S a second, at most AT_ONCE concurrently. Prints how many did what, as JSON. `strangers`
connect without a token; `odd` log in and send random messages.
"""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

from infra.kafka.settings import KafkaSettings
from tests.support.clients.raw_websocket import connected, upgraded
from tests.support.edge.hostile_clients import (
    FRAMES,
    HANDSHAKES,
    make_containers,
    send_bad_frames,
    send_bad_handshake,
    send_noise_for_tls,
    send_odd_messages,
)
from tests.support.edge.in_process import Address

_STRANGE = ("nothing", "tls", "noise", "half a handshake", "handshake", "handshake", "handshake", "wait")
_SELDOM_WAITS = 0.1


async def connect_anonymously(address: Address, dice: random.Random) -> str:
    """Connect, get this far, and leave."""
    what = dice.choice(_STRANGE)
    if what == "wait" and dice.random() > _SELDOM_WAITS:
        what = "handshake"
    match what:
        case "nothing":
            async with connected(address, tls=False):
                pass
        case "tls":
            async with connected(address):
                pass
        case "noise":
            await send_noise_for_tls(address, dice)
        case "half a handshake":
            async with connected(address) as raw:
                await raw.give(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n")
        case "handshake":
            async with upgraded(address):
                pass
        case _:
            async with upgraded(address) as raw:
                assert await raw.close_code() == 4408
    return what


async def misbehave(address: Address, dice: random.Random) -> str:
    match dice.randrange(6):
        case 0:
            await send_bad_handshake(address, dice.choice(list(HANDSHAKES)))
            return "handshake"
        case 1:
            await send_bad_frames(address, dice.choice([name for name, (_, code) in FRAMES.items() if code != 4408]))
            return "frames"
        case _:
            await send_odd_messages(address, dice, f"odd-{dice.randrange(10**9)}")
            return "messages"


async def run_load(kind: str, address: Address, count: int, per_s: int, at_once: int, seed: int) -> Counter[str]:
    if kind == "odd":
        make_containers()
    done: Counter[str] = Counter()
    numbers = iter(range(count))
    loop = asyncio.get_running_loop()
    begun_s = loop.time()

    async def run_in_turn() -> None:
        for number in numbers:
            await asyncio.sleep(begun_s + number / per_s - loop.time())
            dice = random.Random(f"{seed} {number}")
            done[await (connect_anonymously if kind == "strangers" else misbehave)(address, dice)] += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(run_in_turn())
    return done


def main() -> None:
    os.nice(5)
    kind, port, data, *numbers = sys.argv[1:]
    address = Address(int(port), 0, Path(data), KafkaSettings(), 0)
    print(json.dumps(asyncio.run(run_load(kind, address, *map(int, numbers)))))


if __name__ == "__main__":
    main()
