"""What hostile, broken and half-dead clients send to an edge, and what each of them must get.

The tables name one thing each; `odd_text` and `odd_audio` generate random others.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from websockets.exceptions import ConnectionClosed

from schemas.audio import FRAME_BYTES
from schemas.wire import MAX_MESSAGE_BYTES, SERVER_MESSAGE, Pong
from tests.support.audio.containers import recorded
from tests.support.clients.raw_websocket import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    Raw,
    connected,
    frame,
    request,
    upgraded,
)
from tests.support.edge.in_process import Address, Client, client
from tests.support.edge.protocol_invariants import ProtocolInvariants
from tests.support.waiting import DEADLINE_S

DROPPED = None
_LAST, _MORE, _COMPRESSED = 0x80, 0x00, 0xC0

HANDSHAKES: dict[str, tuple[bytes, int | None]] = {
    "not HTTP": (random.Random(1).randbytes(5000), DROPPED),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", DROPPED),
    "a line without an end": (b"A" * 20_000, 414),
    "a long address": (request(f"GET /v1/stream?{'x' * 20_000} HTTP/1.1"), 414),
    "a long header": (request(X_Long="x" * 20_000), 431),
    "many headers": (request(**{f"X_{number}": "x" for number in range(300)}), 431),
    "an invalid header": (request()[:-2] + b"no header\r\n\r\n", DROPPED),
    "a header with a zero byte": (request(X_Odd="a\0b"), DROPPED),
    "a body": (request(Content_Length="5") + b"hello", DROPPED),
    "another method": (request("POST /v1/stream HTTP/1.1"), 405),
    "an older HTTP": (request("GET /v1/stream HTTP/1.0"), 505),
    "another path": (request("GET /v1/../etc/passwd HTTP/1.1"), 404),
    "no upgrade": (request(Upgrade=None), 426),
    "no key": (request(Sec_WebSocket_Key=None), 400),
    "an invalid key": (request(Sec_WebSocket_Key="zzz"), 400),
    "another version": (request(Sec_WebSocket_Version="8"), 400),
}

FRAMES: dict[str, tuple[Sequence[bytes], int]] = {
    "not UTF-8": ([frame(TEXT, b"\xff\xfe")], 1007),
    "half a character": ([frame(TEXT, "é".encode()[:1])], 1007),
    "no UTF-8 in a close": ([frame(CLOSE, b"\x03\xe8\xff")], 1007),
    "an unknown opcode": ([frame(3, b"x")], 1002),
    "an unknown control opcode": ([frame(11, b"x")], 1002),
    "a reserved bit": ([frame(TEXT, b"x", first=_LAST | 0x20)], 1002),
    "compressed without leave": ([frame(TEXT, b"\xaa\x56\x4a", first=_COMPRESSED)], 1002),
    "not masked": ([frame(TEXT, b"x", masked=False)], 1002),
    "a fragmented ping": ([frame(PING, b"x", first=_MORE)], 1002),
    "a long ping": ([frame(PING, bytes(126))], 1002),
    "a middle without a beginning": ([frame(0, b"x")], 1002),
    "a beginning in the middle": ([frame(TEXT, b"x", first=_MORE), frame(TEXT, b"y")], 1002),
    "an invalid close code": ([frame(CLOSE, (999).to_bytes(2, "big"))], 1002),
    "half a close code": ([frame(CLOSE, b"\x03")], 1002),
    "a terabyte announced": ([frame(BINARY, b"x", length=2**40)], 1009),
    "a length below zero": ([frame(BINARY, b"x", length=2**64 - 1)], 1009),
    "fragments without an end": (
        [frame(0 if number else BINARY, bytes(50_000), first=_MORE) for number in range(9)],
        1009,
    ),
    "too large a message": ([frame(BINARY, bytes(MAX_MESSAGE_BYTES + 1))], 1009),
    "a second of pings and no token": ([frame(PING, b"x")] * 50, 4408),
    "half a message and no more": ([frame(TEXT, b"x", first=_MORE)], 4408),
    "half a frame and no more": ([frame(TEXT, b"x", length=100)], 4408),
}


async def send_bad_handshake(address: Address, name: str) -> None:
    given, status = HANDSHAKES[name]
    async with connected(address) as raw:
        await raw.give(given)
        got = await raw.status()
        assert got == status, f"{name}: {got}"
        await raw.answer()


async def send_bad_frames(address: Address, name: str) -> None:
    frames, code = FRAMES[name]
    async with upgraded(address) as raw:
        for each in frames:
            await raw.give(each)
        got = await raw.close_code()
        assert got == code, f"{name}: {got}"


async def offer_compression(address: Address) -> None:
    """It is not accepted, so that no message can be a decompression bomb."""
    async with connected(address) as raw:
        await raw.give(request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in head.lower()


async def send_noise_for_tls(address: Address, dice: random.Random) -> None:
    async with connected(address, tls=False) as raw:
        await raw.give(
            dice.choice([b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + dice.randbytes(400), bytes(64)])
        )
        raw.writer.write_eof()
        await raw.answer()


async def drip(raw: Raw, data: bytes, every_s: float) -> None:
    """One byte at a time, until the edge drops the connection."""
    for byte in data:
        if raw.reader.at_eof():
            return
        await raw.give(bytes([byte]))
        await asyncio.sleep(every_s)


async def send_slowly(address: Address, how: str, within_s: float) -> None:
    """The edge must drop the connection within this time, however data trickles in."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    async with connected(address, tls=how == "http") as raw:
        given = {"tcp": b"", "tls": b"\x16\x03\x01\x02\x00" + bytes(5000), "http": request(X_Slow="x" * 5000)}[how]
        dripping = asyncio.create_task(drip(raw, given, 0.2))
        await raw.answer()
        dripping.cancel()
        await asyncio.wait({dripping})
    took_s = loop.time() - begun_s
    assert took_s < within_s, f"slow {how}: {took_s:.1f} s"


# Random messages

_VALID: tuple[dict[str, Any], ...] = (
    {"type": "start", "mode": "practice", "language": "en", "topic": "x", "questions": 3, "competition": "spring"},
    {"type": "start", "resume": "a.b.c", "from_frame": 3, "have_final": 1},
    {"type": "start", "audio": {"encoding": "pcm_f32le", "sample_rate": 48_000, "channels": 2}},
    {"type": "answer", "question": 1},
    {"type": "auth", "token": "a.b.c"},
    {"type": "ping", "id": 1},
    {"type": "end"},
)
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, 10**400, "", "x" * 10_000, "\0\x1b[2J\u202e", [], [[]], {}, {"a": {}}),
    *("pcm_s16le", "NaN", "é", 2**63, -(2**63)),
)


def odd_text(dice: random.Random) -> str:
    """Invalid JSON, or an invalid message; occasionally a valid one."""
    message = dict(dice.choice(_VALID))
    match dice.randrange(8):
        case 0:
            depth = dice.choice([5, 150, 201, 5000, 100_000])
            return dice.choice(["[", '{"type":']) * depth
        case 1:
            return json.dumps(message)[: dice.randrange(40)]
        case 2:
            return "".join(chr(dice.choice([dice.randrange(32, 127), dice.randrange(0xD7FF)])) for _ in range(200))
        case 3:
            return f'{{"type": "ping", "id": {dice.choice(["NaN", "-Infinity", "1e999", "9" * 4000, "0x1", "01"])}}}'
        case 4:
            text = list(json.dumps(message))
            for _ in range(dice.randrange(1, 6)):
                text[dice.randrange(len(text))] = chr(dice.randrange(1, 0x300))
            return "".join(text)
        case 5:
            return json.dumps(dice.choice(_ODD_VALUES))
        case _:
            for _ in range(dice.randrange(1, 3)):
                message[dice.choice([*message, "more"])] = dice.choice(_ODD_VALUES)
            return json.dumps(message)


@cache
def _containers() -> tuple[tuple[str, bytes], ...]:
    return ("webm_opus", recorded("webm", 2.0)), ("ogg_opus", recorded("ogg", 2.0))


@cache
def _bombs() -> tuple[tuple[str, bytes], ...]:
    """More than a minute of audio in one message."""
    return (
        ("webm_opus", recorded("webm", 65.0, bits_per_s=6_000)),
        ("ogg_opus", recorded("ogg", 65.0, bits_per_s=6_000)),
    )


def make_containers() -> None:
    """In advance, since it takes a while."""
    _containers()
    _bombs()


def odd_audio(dice: random.Random) -> tuple[dict[str, Any], list[bytes]]:
    """A format to announce, and messages that are not in it, or only nearly."""
    match dice.randrange(6):
        case 0:
            return {}, [dice.randbytes(dice.choice([1, 7999, 31_999, 32_001, 200_000]))]
        case 1:
            audio = {"encoding": "pcm_f32le", "sample_rate": dice.choice([8_000, 44_100, 48_000]), "channels": 2}
            # Any bit pattern: NaN, infinities and numbers out of range.
            return audio, [dice.randbytes(8 * dice.randrange(4000)) for _ in range(4)] + [dice.randbytes(5)]
        case 2:
            encoding, container = dice.choice(_bombs())
            assert len(container) <= MAX_MESSAGE_BYTES
            return {"encoding": encoding}, [container]
        case 3:
            return {"encoding": dice.choice(["webm_opus", "ogg_opus"])}, [dice.randbytes(20_000) for _ in range(3)]
        case _:
            encoding, container = dice.choice(_containers())
            damaged = bytearray(container)
            for _ in range(dice.choice([1, 10, 300])):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            size = dice.choice([900, 5000, len(damaged)])
            return {"encoding": encoding}, [bytes(damaged[at : at + size]) for at in range(0, len(damaged), size)]


@asynccontextmanager
async def checked_client(address: Address) -> AsyncIterator[tuple[Client, Callable[[], Any]]]:
    """A client whose every answer is checked, hostile or not; and a function that waits until the edge has processed
    all that was sent: until it has answered, or closed."""
    invariants = ProtocolInvariants()
    async with client(address) as speaker:

        async def settled() -> None:
            try:
                await speaker.send("ping", id="settled")
                while True:
                    message = SERVER_MESSAGE.validate_json(await speaker.socket.recv())
                    invariants.check(message)
                    if isinstance(message, Pong) and message.id == "settled":
                        return
            except ConnectionClosed:
                if invariants.closed is None:
                    invariants.close(speaker.socket.close_code or 0)

        yield speaker, settled


async def send_odd_messages(address: Address, dice: random.Random, user: str) -> None:
    """Random messages of an authenticated client, with or without a session."""
    async with asyncio.timeout(DEADLINE_S), checked_client(address) as (speaker, settled):
        try:
            await speaker.send("auth", token=address.token(user))
            if dice.random() < 0.3:
                audio, messages = odd_audio(dice)
                await speaker.send("start", audio=audio)
                await settled()
                for message in messages:
                    await speaker.send_audio(message)
            else:
                for _ in range(dice.randrange(1, 30)):
                    await speaker.socket.send(odd_text(dice) if dice.random() < 0.9 else dice.randbytes(FRAME_BYTES))
            if dice.random() < 0.5:
                await speaker.send("end")
        except ConnectionClosed:
            pass  # The edge closed before all was sent; the reason is checked below.
        await settled()
        if dice.random() < 0.5:
            speaker.socket.transport.abort()
