"""The protocol's table: each row by example, then any sequence of events at all."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.core.effects import Admit, Announce, Append, Claim, Close, Effect, Reclaim, Send, Verify
from edge.core.events import (
    Admitted,
    Announced,
    Audio,
    ClientEvent,
    Drain,
    Event,
    Garbled,
    Kept,
    Overrun,
    Reclaimed,
    Refused,
    Replied,
    Tick,
    Unclaimed,
    Unkept,
    Verified,
)
from edge.core.machine import TABLE, next_tick_ms, receive
from edge.core.problems import bad_message
from edge.core.session import Speaker, State
from schemas.audio import FRAME_BYTES
from schemas.replies import Gone, ReplyMessage, Resumed, Superseded
from schemas.sessions import AnswerBegun, EndCause, Question, RecordKind, SessionEnded, SessionStarted
from schemas.wire import (
    Ack,
    AudioFormat,
    Auth,
    BeginAnswer,
    End,
    Error,
    FinalMessage,
    Notice,
    Partial,
    Ping,
    Pong,
    Questions,
    Ready,
    ReportMessage,
    ServerMessage,
    Start,
    Started,
    Summary,
)
from tests.support.edge_connection import ADA, TERMS, Connection, connected

EVE = Speaker("eve", None, "", (), None)
FRAME = bytes(FRAME_BYTES)
QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)
REPORT = ReportMessage(error="none")


def at(state: State) -> Connection:
    connection = Connection()
    for reached, event in (
        (State.READY, Verified(ADA)),
        (State.STARTING, Start()),
        (State.STREAMING, None),
        (State.ENDING, End()),
        (State.CLOSED, Drain()),
    ):
        if connection.session.state is state:
            break
        if event:
            connection.on(event)
        else:
            connection.keep_all()
        assert connection.session.state is reached
    connection.effects.clear()
    return connection


def error_of(effects: list[Effect]) -> tuple[str, int | None]:
    """Code of the one error, and the close code if it is fatal."""
    [effect] = effects
    if isinstance(effect, Close):
        assert effect.farewell is not None
        assert effect.farewell.fatal
        return effect.farewell.code, effect.code
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Error)
    assert not effect.message.fatal
    return effect.message.code, None


def test_every_event_of_a_client_is_in_the_table_in_every_open_state() -> None:
    for state in set(State) - {State.CLOSED}:
        for event in get_args(ClientEvent):
            assert (state, event) in TABLE, f"{event.__name__} in {state.value}"


def test_events_and_states_of_the_table_are_real() -> None:
    for (state, event), row in TABLE.items():
        assert event in get_args(Event)
        assert row.to
        assert state is not State.CLOSED or row.to == {State.CLOSED}


GARBLED = Garbled(bad_message("Odd."))
STREAMING_ERRORS: list[tuple[Event, str, int | None]] = [
    (Start(), "already_started", 4400),
    (Audio(b"abc"), "bad_audio", 4400),
    (Audio(bytes(32_002)), "message_too_large", 1009),
    (GARBLED, "bad_message", None),
    (Verified(EVE), "wrong_user", 4403),
    (Refused("expired", "It has expired.", "Get another."), "token_expired", 4401),
    (Unkept(), "not_kept", 1013),
    (Overrun(), "too_slow", 1013),
]
STRANGE: tuple[Event, ...] = (Start(), BeginAnswer(question=1), End(), Ping(), Audio(FRAME), GARBLED)
SPOKEN: tuple[Event, ...] = (Audio(FRAME), BeginAnswer(question=1), End())
ERRORS: list[tuple[State, Event, str, int | None]] = [
    *((State.CONNECTED, event, "not_authorised", 4401) for event in STRANGE),
    (State.CONNECTED, Refused("malformed", "What?", "Send a token."), "token_malformed", 4401),
    (State.READY, Unclaimed(), "resume_invalid", 4404),
    (State.READY, Start(audio=AudioFormat(encoding="mp3")), "unsupported_audio", 4400),
    (State.READY, Start(audio=AudioFormat(sample_rate=96_000)), "unsupported_audio", 4400),
    (State.READY, Start(audio=AudioFormat(channels=3)), "unsupported_audio", 4400),
    (State.READY, Verified(EVE), "wrong_user", 4403),
    *((state, event, "not_started", None) for state in (State.READY, State.STARTING) for event in SPOKEN),
    (State.STARTING, Start(), "already_started", 4400),
    (State.STARTING, Unkept(), "not_kept", 1013),
    *((State.STREAMING, event, code, close) for event, code, close in STREAMING_ERRORS),
    *((State.ENDING, event, "session_ended", None) for event in SPOKEN),
    (State.ENDING, Start(), "already_started", 4400),
    (State.ENDING, Unkept(), "not_kept", 1013),
]


@pytest.mark.parametrize(("state", "event", "code", "close"), ERRORS)
def test_errors(state: State, event: Event, code: str, close: int | None) -> None:
    connection = at(state)
    assert error_of(connection.on(event)) == (code, close)
    assert connection.session.state is (State.CLOSED if close else state)


@pytest.mark.parametrize("state", [State.READY, State.STARTING, State.STREAMING, State.ENDING])
def test_ping_and_a_fresh_token_are_answered(state: State) -> None:
    connection = at(state)
    assert connection.on(Ping(id=[7])) == [Send(Pong(id=[7]))]
    assert connection.on(Auth(token="fresh")) == [Verify("fresh")]
    [ready] = connection.on(Verified(replace(ADA, expires_at_ms=99)))
    assert isinstance(ready, Send)
    assert isinstance(ready.message, Ready)
    assert connection.session.state is state
    assert connection.session.user.expires_at_ms == 99


def test_who_shows_no_token_in_time_is_sent_away() -> None:
    connection = Connection()
    assert next_tick_ms(connection.session, 0) == 5000
    assert connection.on(Tick(), 4999) == []
    assert error_of(connection.on(Tick(), 5000)) == ("token_missing", 4408)


def test_the_start_is_in_the_log_then_announced_then_told() -> None:
    connection = at(State.READY)
    [append] = connection.on(Start(competition="spring", questions=3), now_ms=77)
    assert isinstance(append, Append)
    assert (append.record.kind, append.record.seq) == (RecordKind.START, None)
    started = SessionStarted.model_validate_json(append.record.value)
    assert (started.at_ms, started.session_id, started.user_id, started.org) == (77, "s1", "ada", "school")
    assert (started.groups, started.competition, started.question_count) == (("9b",), "spring", 3)
    assert started.display_name == "Ada Lovelace"
    assert connection.on(Kept(append.record)) == [Announce(started)]
    [told] = connection.on(Announced())
    assert told == Send(
        Started(session_id="s1", resume_token="resume-token", frame_ms=250, frame_bytes=8000, next_frame=0)
    )


@pytest.mark.parametrize(
    ("wanted", "named", "shown"),
    [
        ("Grace", "Ada", "Grace"),
        (" \t", "Ada", "Ada"),
        (None, None, "user-1"),
        (None, "x" * 60, "x" * 40),
        ("two\nlines", None, "two lines"),
        ("\x1b[2JAda\0", None, "[2JAda"),
    ],
)
def test_the_shown_name(wanted: str | None, named: str | None, shown: str) -> None:
    connection = Connection()
    connection.on(Verified(Speaker("user-1", named, "", (), None)))
    connection.on(Start(display_name=wanted))
    opening = connection.session.speech.opening
    assert isinstance(opening, SessionStarted)
    assert opening.display_name == shown


def test_replies_before_started_wait_for_it() -> None:
    connection = at(State.STARTING)
    assert connection.on(Replied(QUESTIONS)) == []
    connection.keep_all()
    assert [type(effect.message) for effect in connection.effects if isinstance(effect, Send)] == [Started, Questions]


def test_an_answer_stands_before_the_audio_that_follows_it() -> None:
    connection = at(State.STREAMING)
    connection.on(Audio(FRAME + FRAME[:2000]))
    connection.on(BeginAnswer(question=2))
    assert connection.on(BeginAnswer(question=2)) == []
    connection.on(Audio(FRAME))
    records = [effect.record for effect in connection.effects if isinstance(effect, Append)]
    assert [(record.kind.value, record.seq) for record in records] == [("frame", 0), ("answer", None), ("frame", 1)]
    assert AnswerBegun.model_validate_json(records[1].value).from_sample == 5000


def test_an_empty_message_is_no_audio_and_no_fault() -> None:
    assert at(State.STREAMING).on(Audio(b"")) == []


def test_the_end_writes_what_is_left() -> None:
    connection = at(State.STREAMING)
    connection.on(Audio(FRAME[:10]))
    frame, end = connection.on(End())
    assert isinstance(frame, Append)
    assert isinstance(end, Append)
    assert (frame.record.seq, len(frame.record.value)) == (0, 10)
    assert SessionEnded.model_validate_json(end.record.value).cause is EndCause.CLIENT
    assert connection.on(Kept(frame.record)) == [Send(Ack(frames=1))]
    assert connection.on(Kept(end.record)) == []


def test_audio_up_to_the_greatest_length_is_taken_and_then_the_session_ends() -> None:
    connection = at(State.STREAMING)
    for _ in range(3):
        connection.on(Audio(FRAME * 4))
    assert connection.session.state is State.STREAMING
    connection = at(State.STREAMING)
    connection.on(Audio(FRAME[:2]))
    for _ in range(3):
        connection.on(Audio(FRAME * 4))
    records = [effect.record for effect in connection.effects if isinstance(effect, Append)]
    assert sum(len(record.value) for record in records if record.kind is RecordKind.FRAME) == 3 * 32_000
    assert SessionEnded.model_validate_json(records[-1].value).cause is EndCause.LENGTH
    assert isinstance(connection.effects[-1], Send)
    assert isinstance(connection.effects[-1].message, Notice)
    assert connection.session.state is State.ENDING
    assert connection.on(Replied(SUMMARY)) == [Send(SUMMARY)]
    report, close = connection.on(Replied(REPORT))
    assert report == Send(REPORT)
    assert error_of([close]) == ("session_too_long", 4413)


def test_a_silent_speaker_is_said_to_be_alive() -> None:
    connection = at(State.STREAMING)
    assert next_tick_ms(connection.session, 500) == 10_000
    assert connection.on(Tick(), 9_999) == []
    [alive] = connection.on(Tick(), 10_000)
    assert isinstance(alive, Append)
    assert alive.record.kind is RecordKind.ALIVE
    # While that is on its way, and after the end, there is nothing to add.
    assert connection.on(Tick(), 60_000) == []
    connection.keep_all()
    assert connection.on(Tick(), 60_000) != []
    connection.keep_all()
    connection.on(End(), 60_000)
    connection.keep_all()
    assert connection.on(Tick(), 600_000) == []


def test_a_session_that_others_ended_goes_on_to_its_report() -> None:
    connection = at(State.STREAMING)
    assert connection.on(Replied(SUMMARY)) == [Send(SUMMARY)]
    assert connection.session.state is State.ENDING
    assert error_of(connection.on(Audio(FRAME)))[0] == "session_ended"
    assert connection.on(Replied(REPORT)) == [Send(REPORT), Close(1000, "done")]


def test_a_stop_closes_after_what_was_begun() -> None:
    connection = at(State.STREAMING)
    [append] = connection.on(Audio(FRAME))
    notice, close = connection.on(Drain())
    assert isinstance(notice, Send)
    assert close == Close(1001, "draining")
    assert isinstance(append, Append)
    assert connection.on(Kept(append.record)) == [Send(Ack(frames=1))]
    assert at(State.READY).on(Drain()) == [Close(1001, "draining")]


def test_nothing_happens_after_the_close() -> None:
    for event in (Auth(token="t"), Start(), Audio(FRAME), End(), Ping(), GARBLED, Tick(), Drain(), Unkept()):
        assert at(State.CLOSED).on(event) == []


def _partial(after_final: int) -> Partial:
    return Partial(text="w", start_ms=0, end_ms=1, after_final=after_final)


def _final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="w", start_ms=0, end_ms=1, question=None, words=())


def _summary(finals: int) -> Summary:
    return SUMMARY.model_copy(update={"finals": finals})


FIRST_FRAME = 2
"""That a session goes on with, where one does."""
ONCE: list[ReplyMessage] = [QUESTIONS, REPORT, Notice(code="overloaded", message="Slow.")]
MESSAGES: st.SearchStrategy[ReplyMessage] = st.one_of(
    st.integers(0, 6).map(_partial),
    st.integers(1, 6).map(_final),
    st.integers(0, 6).map(_summary),
    st.sampled_from(ONCE),
    st.builds(Resumed, next_frame=st.integers(FIRST_FRAME, 6), over=st.sampled_from([False, False, True])),
)
REPLIES = MESSAGES.map(Replied)
CLIENT_EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.integers(0, 16_001).map(lambda samples: Audio(bytes(2 * samples))),
    st.integers(1, 20).map(lambda number: BeginAnswer(question=number)),
    st.sampled_from([Start(), End(), Ping(id=1), GARBLED, Audio(b"odd"), Auth(token="t"), Start(resume="none")]),
)
# One in a few: otherwise hardly any run gets beyond its first steps.
ENDINGS: st.SearchStrategy[Event] = st.sampled_from(
    [
        Verified(EVE),
        Refused("expired", "", ""),
        Drain(),
        Overrun(),
        Replied(Gone(code="no_session")),
        Replied(Gone(code="frame_gap")),
        Replied(Superseded()),
    ]
)


# Short, so that many runs reach it.
LONGEST_S = 1


class AnyConnection(RuleBasedStateMachine):
    """Any sequence of events leaves the connection in a state the table allows, and keeps the protocol's promises."""

    def __init__(self) -> None:
        super().__init__()
        self.session = replace(connected(), terms=replace(TERMS, session_s=LONGEST_S))
        self.now_ms = 0
        self.to_write: list[Append | Announce] = []
        self.written: list[Append] = []
        self.kept_frames = 0
        self.resumes = False
        self.said: list[ServerMessage] = []
        self.closes: list[Close] = []
        self.heard: list[ReplyMessage] = []

    def happen(self, event: Event) -> None:
        before = self.session.state
        self.session, effects = receive(self.session, event, self.now_ms)
        row = TABLE.get((before, type(event)))
        assert self.session.state in (row.to if row else {before})
        for effect in effects:
            match effect:
                case Append() | Announce():
                    assert not self.closes, "nothing new is written after the close was decided"
                    self.to_write.append(effect)
                    self.written += [effect] if isinstance(effect, Append) else []
                case Send():
                    assert not self.closes or isinstance(effect.message, Ack)
                    self.said.append(effect.message)
                case Close():
                    self.closes.append(effect)
                    assert self.session.state is State.CLOSED
                case Verify():
                    self.happen(Verified(ADA))
                case Reclaim():
                    self.resumes = effect.start.resume == "ours"
                    claim = Claim("s1", "ada", None, AudioFormat())
                    self.happen(Reclaimed(effect.start, claim) if self.resumes else Unclaimed())
                case Admit():
                    self.happen(Admitted("resume-token"))

    @initialize(
        state=st.sampled_from([State.CONNECTED, State.READY, State.STARTING, State.STREAMING, State.STREAMING]),
        resume=st.booleans(),
    )
    def begin(self, state: State, *, resume: bool) -> None:
        if state is not State.CONNECTED:
            self.happen(Verified(ADA))
        if state in (State.STARTING, State.STREAMING):
            self.happen(Start(resume="ours", from_frame=FIRST_FRAME) if resume else Start())
        while state is State.STREAMING and self.to_write:
            self.keep()

    @rule(event=CLIENT_EVENTS, wait_ms=st.integers(0, 300))
    def client_sends(self, event: Event, wait_ms: int) -> None:
        self.now_ms += wait_ms
        self.happen(event)

    @rule(event=REPLIES)
    def stage_replies(self, event: Replied) -> None:
        self.heard.append(event.message)
        self.happen(event)

    @rule(wait_ms=st.integers(0, 20_000))
    def time_passes(self, wait_ms: int) -> None:
        self.now_ms += wait_ms
        self.happen(Tick())
        assert next_tick_ms(self.session, self.now_ms) > self.now_ms or self.session.state is State.CLOSED

    @rule(event=ENDINGS, likely=st.integers(0, 9))
    def something_ends_it(self, event: Event, likely: int) -> None:
        if likely == 0:
            self.happen(event)

    @precondition(lambda self: self.to_write)
    @rule()
    def keep(self) -> None:
        effect = self.to_write.pop(0)
        if isinstance(effect, Announce):
            self.happen(Announced())
            return
        self.kept_frames += effect.record.kind is RecordKind.FRAME
        self.happen(Kept(effect.record))

    @precondition(lambda self: self.to_write)
    @rule(likely=st.integers(0, 9))
    def lose(self, likely: int) -> None:
        if likely == 0:
            self.to_write.clear()
            self.happen(Unkept())

    @invariant()
    def acknowledged_is_kept(self) -> None:
        acks = [message.frames for message in self.said if isinstance(message, Ack)]
        if not self.resumes:
            assert acks == list(range(1, self.kept_frames + 1))
            return
        assert acks == sorted(set(acks))
        assert set(acks) <= set(range(FIRST_FRAME + 1, FIRST_FRAME + self.kept_frames + 1))
        talk = self.session.talk
        if talk and talk.confirmed and self.kept_frames:
            assert acks[-1] == FIRST_FRAME + self.kept_frames
        if not any(isinstance(heard, Resumed) for heard in self.heard):
            assert not acks

    @invariant()
    def the_log_is_whole(self) -> None:
        kinds = [effect.record.kind for effect in self.written]
        opening = RecordKind.RESUME if self.resumes else RecordKind.START
        assert [kind for kind in kinds if kind in (RecordKind.START, RecordKind.RESUME)] == [opening][: len(kinds)]
        assert kinds[:1] == [opening][: len(kinds)]
        assert RecordKind.END not in kinds[:-1]
        frames = [effect.record for effect in self.written if effect.record.kind is RecordKind.FRAME]
        first = FIRST_FRAME if self.resumes else 0
        assert [frame.seq for frame in frames] == list(range(first, first + len(frames)))
        assert all(len(frame.value) == FRAME_BYTES for frame in frames[:-1])
        if self.session.talk:
            framing = self.session.talk.framing
            held_bytes = sum(len(frame.value) for frame in frames) + len(framing.rest)
            assert first * FRAME_BYTES + held_bytes == 2 * framing.samples
            assert framing.samples <= LONGEST_S * 16_000

    @invariant()
    def replies_come_in_order(self) -> None:
        finals, over = 0, []
        for message in self.said:
            if isinstance(message, FinalMessage):
                assert message.number == finals + 1
                finals += 1
            if isinstance(message, Partial):
                assert message.after_final == finals
            if isinstance(message, Questions | Summary | ReportMessage):
                over.append(type(message))
        assert over.count(Questions) <= 1
        assert [kind for kind in over if kind is not Questions] in ([], [Summary], [Summary, ReportMessage])

    @invariant()
    def only_pong_and_error_come_before_started(self) -> None:
        for message in self.said:
            if isinstance(message, Started):
                return
            assert isinstance(message, Ready | Pong | Error)

    @invariant()
    def a_close_is_decided_once_except_for_a_slow_reader(self) -> None:
        assert (self.session.state is State.CLOSED) == bool(self.closes)
        assert all(close.reason == "too_slow" for close in self.closes[1:])


TestAnyConnection = AnyConnection.TestCase
TestAnyConnection.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
