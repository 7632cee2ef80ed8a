"""The edge in the test's own process, a client for it, and fakes of the stages behind it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from edge.__main__ import serve
from infra.identity import development_secret, development_token
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.headers import LogHeaders, decode_headers
from infra.kafka.settings import KafkaSettings
from infra.settings import LocalSettings
from infra.tls.contexts import client_context
from local.tcp_ports import free_port
from schemas.audio import FRAME_BYTES
from schemas.base import derived_id
from schemas.replies import Reply, ReplyMessage
from schemas.topics import Topic
from tests.support.processes.stage_in_process import running
from tests.support.waiting import DEADLINE_S

Message = dict[str, Any]
FRAME = bytes(FRAME_BYTES)


@dataclass(frozen=True)
class Address:
    """Where an edge is, and what its clients need."""

    port: int
    plain_port: int
    data: Path
    kafka: KafkaSettings
    ordinal: int

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.port}/v1/stream"

    @property
    def plain_url(self) -> str:
        return f"ws://127.0.0.1:{self.plain_port}/v1/stream"

    def token(self, user: str = "ada", **claims: Any) -> str:
        return development_token(development_secret(LocalSettings(data=self.data)), user, **claims)


@asynccontextmanager
async def edge(
    kafka: KafkaSettings, data: Path, monkeypatch: pytest.MonkeyPatch, ordinal: int = 0, **settings: str
) -> AsyncIterator[Address]:
    """An edge with its own ports and folder, stopped as SIGTERM would at the block's end. By default it lets everybody
    speak, however late the stages behind it are."""
    address = Address(free_port(), free_port(), data, kafka, ordinal)
    given = {
        "ROSTRUM_DATA": data,
        "EDGE_PORT": address.port,
        "EDGE_PLAIN_PORT": address.plain_port,
        "EDGE_ORDINAL": ordinal,
        "KAFKA_PORT": kafka.port,
        "KAFKA_PREFIX": kafka.prefix,
        "EDGE_ADMISSION_MAX_LAG_S": "0",
        **settings,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    async with running("edge", serve):
        yield address


class Client:
    """What a client does, one step at a time; every message received is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.received: list[Message] = []

    async def send(self, type_: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def send_audio(self, audio: bytes) -> None:
        await self.socket.send(audio)

    async def receive(self, *types: str, within_s: float = DEADLINE_S) -> Message:
        """The next message of one of these types; others are recorded and skipped."""
        async with asyncio.timeout(within_s):
            while True:
                message: Message = json.loads(await self.socket.recv())
                self.received.append(message)
                if message["type"] in types:
                    return message

    async def wait_for_ack(self, frames: int) -> None:
        while (await self.receive("ack"))["frames"] < frames:
            pass

    async def closed(self, within_s: float = DEADLINE_S) -> int | None:
        """The close code, once the server has closed."""
        async with asyncio.timeout(within_s):
            try:
                while True:
                    self.received.append(json.loads(await self.socket.recv()))
            except ConnectionClosed:
                return self.socket.close_code

    async def rejected(self) -> tuple[Message, int | None]:
        """The fatal error that must come, and the close code after it."""
        error = await self.receive("error")
        assert error["fatal"], error
        return error, await self.closed()

    async def authorise(self, token: str) -> Message:
        await self.send("auth", token=token)
        return await self.receive("ready")

    async def start(self, token: str, **fields: Any) -> Message:
        await self.authorise(token)
        await self.send("start", **fields)
        return await self.receive("started", "error")


@asynccontextmanager
async def client(address: Address, *, plain: bool = False) -> AsyncIterator[Client]:
    """A client over wss that trusts the development authority alone; or over plain ws."""
    tls = None if plain else client_context(address.data / "tls" / "ca.pem")
    url = address.plain_url if plain else address.url
    async with connect(url, ssl=tls, compression=None, open_timeout=DEADLINE_S, ping_interval=None) as socket:
        yield Client(socket)


@dataclass(frozen=True)
class LogEntry:
    """A record of `audio.frames`."""

    session_id: str
    headers: LogHeaders
    value: bytes


class FakeStages:
    """Plays the later stages: reads the sessions' logs, and replies to the addresses in them."""

    def __init__(self, kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
        self._kafka = kafka
        self._producer = producer
        self.log: list[LogEntry] = []

    async def follow(self) -> None:
        """Read every log from its beginning; runs until cancelled."""
        consumer = make_consumer(self._kafka, Topic.AUDIO_FRAMES, stage=f"onlooker-{secrets.token_hex(4)}")
        next_offset: dict[int, int] = {}
        async with consumer:
            async for record in consumer:
                # After a long pause it rejoins its group and reads from the beginning again.
                if record.offset >= next_offset.get(record.partition, 0):
                    next_offset[record.partition] = record.offset + 1
                    self.log.append(entry(record))

    def of(self, session_id: str) -> list[LogEntry]:
        return [each for each in self.log if each.session_id == session_id]

    async def seen(self, session_id: str, kind: str, count: int = 1, within_s: float = DEADLINE_S) -> list[LogEntry]:
        """The session's records of this kind, once there are so many."""
        async with asyncio.timeout(within_s):
            while True:
                found = [each for each in self.of(session_id) if each.headers.kind == kind]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)

    async def reply(
        self, session_id: str, message: ReplyMessage | None, *, conn: str | None = None, heard_frames: int = 1
    ) -> None:
        headers = self.of(session_id)[0].headers
        reply = Reply(
            event_id=derived_id(session_id, secrets.token_hex(4)),
            at_ms=0,
            session_id=session_id,
            conn=conn or headers.conn,
            heard_frames=heard_frames,
            message=message,
        )
        await self.send_raw(session_id, reply.encode(), headers.reply_to or 0)

    async def send_raw(self, session_id: str, value: bytes, partition: int = 0) -> None:
        topic = self._kafka.topic(Topic.REPLIES)
        await self._producer.send_and_wait(topic, value, key=session_id.encode(), partition=partition)


def entry(record: ConsumerRecord) -> LogEntry:
    return LogEntry((record.key or b"").decode(), decode_headers(record.headers), record.value or b"")


@asynccontextmanager
async def play_stages(kafka: KafkaSettings) -> AsyncIterator[FakeStages]:
    async with make_producer(kafka) as producer:
        played = FakeStages(kafka, producer)
        following = asyncio.create_task(played.follow())
        try:
            yield played
        finally:
            following.cancel()
            await asyncio.wait({following})
