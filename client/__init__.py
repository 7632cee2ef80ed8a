"""The Python client of Rostrum: speak to a server, and get words, a summary and a report back.

    async with client.connect(url, token=token) as session:
        session.begin_answer(1)
        session.send_audio(pcm)  # 16 kHz, mono, signed 16 bit
        session.end()
        async for message in session:
            if isinstance(message, client.messages.FinalMessage):
                print(message.text)

Lost connections are replaced and resumed in the background. docs/client.md shows the rest.
"""

from client.errors import BufferFull, SessionClosed, SessionRefused
from client.observer import SessionObserver
from client.outcome import Outcome
from client.playback import Playback
from client.reconnect import Reconnecting, ReconnectPolicy
from client.recording import read_recording
from client.session import Session, connect
from infra.errors import RostrumError, Unavailable
from schemas import wire as messages

__all__ = [
    "BufferFull",
    "Outcome",
    "Playback",
    "ReconnectPolicy",
    "Reconnecting",
    "RostrumError",
    "Session",
    "SessionClosed",
    "SessionObserver",
    "SessionRefused",
    "Unavailable",
    "connect",
    "messages",
    "read_recording",
]
