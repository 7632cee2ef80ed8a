"""The least that receiving audio can cost: websockets with the edge's options, an ack per message, and nothing else.

python -m bench.edge.bare_websockets PORT CHAIN KEY"""

import asyncio
import json
import sys
from pathlib import Path

import uvloop
from websockets.asyncio.server import ServerConnection, serve

from edge.adapters.websocket import listening_socket
from infra.tls.contexts import server_context
from schemas.audio import FRAME_BYTES
from schemas.wire import MAX_MESSAGE_BYTES

_STARTED = json.dumps({"type": "started", "resume_token": "", "frame_bytes": FRAME_BYTES, "next_frame": 0})


async def handle(connection: ServerConnection) -> None:
    frames = 0
    async for message in connection:
        if isinstance(message, bytes):
            frames += 1
            await connection.send(f'{{"type":"ack","frames":{frames}}}')
        else:
            # To the two texts of the handshake; clients do not look into the answer to the first.
            await connection.send(_STARTED)


async def run(port: int, chain: Path, key: Path) -> None:
    listener = listening_socket("PORT", "127.0.0.1", port)
    tls = server_context(chain, key)
    async with serve(
        handle, sock=listener, ssl=tls, compression=None, max_size=MAX_MESSAGE_BYTES, max_queue=4, ping_interval=None
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
