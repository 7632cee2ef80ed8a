from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.close_codes import RESUMABLE_CODES
from client.errors import BufferFull
from client.resend_buffer import Outgoing, ResendBuffer
from schemas.wire import Ack, BeginAnswer, End, FinalMessage, Start, Started

FRAME_BYTES = 8


def started(next_frame: int = 0, token: str = "r-1") -> Started:
    return Started(session_id="s", resume_token=token, frame_ms=250, frame_bytes=FRAME_BYTES, next_frame=next_frame)


def frame(number: int) -> bytes:
    return bytes([number]) * FRAME_BYTES


def taken(buffer: ResendBuffer) -> list[Outgoing]:
    items = []
    while (item := buffer.next_unsent()) is not None:
        items.append(item)
    return items


def streaming(*items: Outgoing) -> ResendBuffer:
    buffer = ResendBuffer()
    buffer.start_message(Start())
    buffer.receive(started())
    for item in items:
        buffer.append(item)
    return buffer


def test_the_first_connection_begins_a_session() -> None:
    wanted = Start(topic="weather")

    assert ResendBuffer().start_message(wanted) is wanted


def test_nothing_is_sent_before_the_server_has_started() -> None:
    buffer = ResendBuffer()
    buffer.append(frame(0))

    assert taken(buffer) == []
    buffer.receive(started())
    assert taken(buffer) == [frame(0)]
    assert taken(buffer) == []


def test_a_resume_names_the_newest_token_and_what_is_here() -> None:
    buffer = streaming(frame(0), frame(1))
    buffer.receive(Ack(frames=1))
    buffer.receive(FinalMessage(number=1, text="a", start_ms=0, end_ms=1, question=None, words=()))
    buffer.receive(started(1, token="r-2"))

    opening = buffer.start_message(Start(topic="weather"))

    assert (opening.resume, opening.from_frame, opening.have_final) == ("r-2", 1, 1)


def test_what_is_not_acknowledged_is_sent_again_in_its_place() -> None:
    buffer = streaming(frame(0), BeginAnswer(question=1), frame(1), BeginAnswer(question=2), frame(2), End())
    taken(buffer)
    buffer.receive(Ack(frames=1))
    buffer.start_message(Start())
    assert taken(buffer) == []

    buffer.receive(started(1))

    assert taken(buffer) == [BeginAnswer(question=1), frame(1), BeginAnswer(question=2), frame(2), End()]


def test_what_is_said_without_a_connection_is_sent_over_the_next() -> None:
    buffer = streaming(frame(0))
    taken(buffer)
    buffer.start_message(Start())
    buffer.append(frame(1))
    assert taken(buffer) == []

    buffer.receive(started())

    assert taken(buffer) == [frame(0), frame(1)]


def test_a_message_that_lies_across_the_acknowledged_frames_end_is_cut() -> None:
    buffer = streaming(frame(0) + frame(1)[:4])
    buffer.receive(Ack(frames=1))
    buffer.start_message(Start())
    buffer.receive(started(1))

    assert taken(buffer) == [frame(1)[:4]]
    assert buffer.unacked_bytes == 4


def test_the_end_is_sent_again_though_all_audio_is_acknowledged() -> None:
    buffer = streaming(frame(0), frame(1)[:4], End())
    taken(buffer)
    buffer.receive(Ack(frames=2))
    buffer.start_message(Start())
    buffer.receive(started(2))

    assert taken(buffer) == [End()]


def test_acknowledged_audio_is_not_kept() -> None:
    buffer = streaming(*map(frame, range(100)))
    taken(buffer)
    buffer.receive(Ack(frames=99))

    assert buffer.unacked_bytes == FRAME_BYTES


@pytest.mark.parametrize(("code", "worth"), [(1001, True), (1006, True), (1013, True), (1000, False)])
def test_which_closes_may_be_followed_by_a_return(code: int, worth: bool) -> None:
    assert (code in RESUMABLE_CODES) is worth


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4409, 4413])
def test_a_session_that_is_over_or_another_connections_is_left_alone(code: int) -> None:
    assert code not in RESUMABLE_CODES


def test_a_full_buffer_takes_no_audio_until_some_is_acknowledged() -> None:
    buffer = ResendBuffer(max_bytes=2 * FRAME_BYTES)
    buffer.started("r", FRAME_BYTES, 0)
    buffer.append(frame(0))
    buffer.append(frame(1))

    with pytest.raises(BufferFull, match="16 bytes"):
        buffer.append(frame(2))
    buffer.append(BeginAnswer(question=1))
    buffer.acknowledge(1)
    buffer.append(frame(2))

    assert taken(buffer) == [frame(1), BeginAnswer(question=1), frame(2)]


def test_frames_are_owed_an_acknowledgement_once_they_are_whole_or_the_last() -> None:
    buffer = streaming(frame(0), frame(1)[:4])
    assert buffer.frames_unacked == 1

    buffer.append(End())
    assert buffer.frames_unacked == 2

    buffer.acknowledge(2)
    assert buffer.frames_unacked == 0


@dataclass
class Server:
    """Holds whole frames with the answers between them; a new connection begins at the frame the client names."""

    held: list[Outgoing] = field(default_factory=list)
    rest: bytes = b""
    pending: list[Outgoing] = field(default_factory=list)

    @property
    def frames(self) -> int:
        return sum(isinstance(each, bytes) for each in self.held)

    def begin(self, from_frame: int) -> None:
        """The log's rule: frames count by number, so those that come again are dropped, with what is said there."""
        self.rest = b""
        self.at = from_frame

    def take(self, item: Outgoing) -> None:
        if isinstance(item, bytes):
            self.rest += item
            while len(self.rest) >= FRAME_BYTES:
                self._frame(self.rest[:FRAME_BYTES])
                self.rest = self.rest[FRAME_BYTES:]
        elif isinstance(item, End):
            if self.rest:
                self._frame(self.rest)
            if End() not in self.held:
                self.held.append(item)
        elif self.at == self.frames and item not in self.held:
            self.held.append(item)

    def _frame(self, audio: bytes) -> None:
        if self.at == self.frames:
            self.held.append(audio)
        self.at += 1


@given(st.data())
def test_however_often_it_is_cut_off_the_server_gets_everything_once_and_in_order(data: st.DataObject) -> None:
    audio = bytes(range(1, 60))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(audio) - 1), max_size=12)) | {0, len(audio)})
    pieces = [audio[begin:end] for begin, end in pairwise(cuts)]
    items: list[Outgoing] = []
    for number, piece in enumerate(pieces):
        if number % 3 == 0 and sum(map(len, pieces[:number])) % FRAME_BYTES == 0:
            items.append(BeginAnswer(question=number + 1))
        items.append(piece)
    items.append(End())
    buffer, server = ResendBuffer(), Server()

    def connect() -> None:
        opening = buffer.start_message(Start())
        server.begin(opening.from_frame)
        buffer.receive(started(opening.from_frame))

    connect()
    for item in items:
        buffer.append(item)
        for sent in taken(buffer)[: data.draw(st.integers(0, 3), label="reach the server")]:
            server.take(sent)
        # What follows something that got lost is lost as well: the connection is cut then.
        if data.draw(st.booleans(), label="ack"):
            buffer.receive(Ack(frames=data.draw(st.integers(buffer.frames_acked, server.frames), label="frames")))
        connect()
    for sent in taken(buffer):
        server.take(sent)

    assert b"".join(each for each in server.held if isinstance(each, bytes)) == audio
    expected = [each.question for each in items if isinstance(each, BeginAnswer)]
    assert [each.question for each in server.held if isinstance(each, BeginAnswer)] == expected
    assert server.held[-1] == End()
