from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.resend_buffer import Memory, Saying, pause_ms, worth_a_return
from schemas.wire import Ack, BeginAnswer, End, FinalMessage, Start, Started

FRAME_BYTES = 8


def started(next_frame: int = 0, token: str = "r-1") -> Started:
    return Started(session_id="s", resume_token=token, frame_ms=250, frame_bytes=FRAME_BYTES, next_frame=next_frame)


def frame(number: int) -> bytes:
    return bytes([number]) * FRAME_BYTES


def taken(memory: Memory) -> list[Saying]:
    sayings = []
    while (saying := memory.take()) is not None:
        sayings.append(saying)
    return sayings


def streaming(*sayings: Saying) -> Memory:
    memory = Memory()
    memory.opening(Start())
    memory.hear(started())
    for saying in sayings:
        memory.say(saying)
    return memory


def test_the_first_connection_begins_a_session() -> None:
    wanted = Start(topic="weather")

    assert Memory().opening(wanted) is wanted


def test_nothing_is_sent_before_the_server_has_started() -> None:
    memory = Memory()
    memory.say(frame(0))

    assert taken(memory) == []
    memory.hear(started())
    assert taken(memory) == [frame(0)]
    assert taken(memory) == []


def test_a_resume_names_the_newest_token_and_what_is_here() -> None:
    memory = streaming(frame(0), frame(1))
    memory.hear(Ack(frames=1))
    memory.hear(FinalMessage(number=1, text="a", start_ms=0, end_ms=1, question=None, words=()))
    memory.hear(started(1, token="r-2"))

    opening = memory.opening(Start(topic="weather"))

    assert (opening.resume, opening.from_frame, opening.have_final) == ("r-2", 1, 1)


def test_what_is_not_acknowledged_is_sent_again_in_its_place() -> None:
    memory = streaming(frame(0), BeginAnswer(question=1), frame(1), BeginAnswer(question=2), frame(2), End())
    taken(memory)
    memory.hear(Ack(frames=1))
    memory.opening(Start())
    assert taken(memory) == []

    memory.hear(started(1))

    assert taken(memory) == [BeginAnswer(question=1), frame(1), BeginAnswer(question=2), frame(2), End()]


def test_what_is_said_without_a_connection_is_sent_over_the_next() -> None:
    memory = streaming(frame(0))
    taken(memory)
    memory.opening(Start())
    memory.say(frame(1))
    assert taken(memory) == []

    memory.hear(started())

    assert taken(memory) == [frame(0), frame(1)]


def test_a_message_that_lies_across_the_acknowledged_frames_end_is_cut() -> None:
    memory = streaming(frame(0) + frame(1)[:4])
    memory.hear(Ack(frames=1))
    memory.opening(Start())
    memory.hear(started(1))

    assert taken(memory) == [frame(1)[:4]]
    assert memory.unacked_bytes == 4


def test_the_end_is_sent_again_though_all_audio_is_acknowledged() -> None:
    memory = streaming(frame(0), frame(1)[:4], End())
    taken(memory)
    memory.hear(Ack(frames=2))
    memory.opening(Start())
    memory.hear(started(2))

    assert taken(memory) == [End()]


def test_acknowledged_audio_is_not_kept() -> None:
    memory = streaming(*map(frame, range(100)))
    taken(memory)
    memory.hear(Ack(frames=99))

    assert memory.unacked_bytes == FRAME_BYTES


@pytest.mark.parametrize(("code", "worth"), [(None, True), (1001, True), (1006, True), (1013, True), (1000, False)])
def test_which_closes_may_be_followed_by_a_return(code: int | None, worth: bool) -> None:
    assert worth_a_return(code) is worth


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4409, 4413])
def test_a_session_that_is_over_or_another_connections_is_left_alone(code: int) -> None:
    assert not worth_a_return(code)


def test_the_first_return_is_at_once_and_later_ones_wait_longer_up_to_a_bound() -> None:
    pauses = [pause_ms(tries, None) for tries in range(20)]

    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[1] < pauses[2]
    assert pauses[-1] <= 10_000


def test_the_servers_wish_for_a_pause_counts() -> None:
    assert pause_ms(0, 5000) == 5000


@dataclass
class Server:
    """Holds whole frames with the answers between them; a new connection begins at the frame the client names."""

    held: list[Saying] = field(default_factory=list)
    rest: bytes = b""
    pending: list[Saying] = field(default_factory=list)

    @property
    def frames(self) -> int:
        return sum(isinstance(each, bytes) for each in self.held)

    def begin(self, from_frame: int) -> None:
        """The log's rule: frames count by number, so those that come again are dropped, with what is said there."""
        self.rest = b""
        self.at = from_frame

    def take(self, saying: Saying) -> None:
        if isinstance(saying, bytes):
            self.rest += saying
            while len(self.rest) >= FRAME_BYTES:
                self._frame(self.rest[:FRAME_BYTES])
                self.rest = self.rest[FRAME_BYTES:]
        elif isinstance(saying, End):
            if self.rest:
                self._frame(self.rest)
            if End() not in self.held:
                self.held.append(saying)
        elif self.at == self.frames and saying not in self.held:
            self.held.append(saying)

    def _frame(self, audio: bytes) -> None:
        if self.at == self.frames:
            self.held.append(audio)
        self.at += 1


@given(st.data())
def test_however_often_it_is_cut_off_the_server_gets_everything_once_and_in_order(data: st.DataObject) -> None:
    audio = bytes(range(1, 60))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(audio) - 1), max_size=12)) | {0, len(audio)})
    pieces = [audio[begin:end] for begin, end in pairwise(cuts)]
    sayings: list[Saying] = []
    for number, piece in enumerate(pieces):
        if number % 3 == 0 and sum(map(len, pieces[:number])) % FRAME_BYTES == 0:
            sayings.append(BeginAnswer(question=number + 1))
        sayings.append(piece)
    sayings.append(End())
    memory, server = Memory(), Server()

    def connect() -> None:
        opening = memory.opening(Start())
        server.begin(opening.from_frame)
        memory.hear(started(opening.from_frame))

    connect()
    for saying in sayings:
        memory.say(saying)
        for sent in taken(memory)[: data.draw(st.integers(0, 3), label="reach the server")]:
            server.take(sent)
        # What follows something that got lost is lost as well: the connection is cut then.
        if data.draw(st.booleans(), label="ack"):
            memory.hear(Ack(frames=data.draw(st.integers(memory.frames_acked, server.frames), label="frames")))
        connect()
    for sent in taken(memory):
        server.take(sent)

    assert b"".join(each for each in server.held if isinstance(each, bytes)) == audio
    expected = [each.question for each in sayings if isinstance(each, BeginAnswer)]
    assert [each.question for each in server.held if isinstance(each, BeginAnswer)] == expected
    assert server.held[-1] == End()
