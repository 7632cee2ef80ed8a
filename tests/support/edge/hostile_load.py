"""A crowd that means no good, as a process of its own that lets others go before, so that its work does not fall on
whoever measures.

    python -m tests.support.edge.hostile_load strangers|odd PORT DATA COUNT PER_S AT_ONCE SEED

So many in all, so many a second if no more than so many are there at once. Prints how many did what, as JSON.
`strangers` connect and show no token; `odd` log in and say what comes to mind.
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
    send_badly,
    send_noise_for_tls,
    shake_hands_badly,
    speak_oddly,
)
from tests.support.edge.in_process import Address

_STRANGE = ("nothing", "tls", "noise", "half a handshake", "handshake", "handshake", "handshake", "wait")
_SELDOM_WAITS = 0.1


async def pass_by(address: Address, dice: random.Random) -> str:
    """Connect, get this far, and go without a word."""
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


async def be_odd(address: Address, dice: random.Random) -> str:
    match dice.randrange(6):
        case 0:
            await shake_hands_badly(address, dice.choice(list(HANDSHAKES)))
            return "handshake"
        case 1:
            await send_badly(address, dice.choice([name for name, (_, code) in FRAMES.items() if code != 4408]))
            return "frames"
        case _:
            await speak_oddly(address, dice, f"odd-{dice.randrange(10**9)}")
            return "messages"


async def crowd(kind: str, address: Address, count: int, per_s: int, at_once: int, seed: int) -> Counter[str]:
    if kind == "odd":
        make_containers()
    done: Counter[str] = Counter()
    numbers = iter(range(count))
    loop = asyncio.get_running_loop()
    begun_s = loop.time()

    async def one_after_the_other() -> None:
        for number in numbers:
            await asyncio.sleep(begun_s + number / per_s - loop.time())
            dice = random.Random(f"{seed} {number}")
            done[await (pass_by if kind == "strangers" else be_odd)(address, dice)] += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(one_after_the_other())
    return done


def main() -> None:
    os.nice(5)
    kind, port, data, *numbers = sys.argv[1:]
    address = Address(int(port), 0, Path(data), KafkaSettings(), 0)
    print(json.dumps(asyncio.run(crowd(kind, address, *map(int, numbers)))))


if __name__ == "__main__":
    main()
