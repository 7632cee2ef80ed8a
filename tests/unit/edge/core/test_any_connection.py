"""The protocol's table under any sequence of events: every phase is legal, and every answer is right.

The log and the stages around the connection are honest ones (`tests/support/edge/fake_stages.py`): a log that keeps
records in order until it fails, and stages that read it, restart and repeat their replies. The order of events is
Hypothesis' choice. In runs that are not honest, stages send any reply at all: then only the guarantees that do not
depend on them are checked.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from edge.core.connection_state import ConnectionPhase
from edge.core.errors import bad_message
from edge.core.events import (
    Admitted,
    AudioReceived,
    Drain,
    Event,
    InvalidMessage,
    Overloaded,
    QuotaExceeded,
    TokenAccepted,
)
from schemas.audio import FRAME_MS, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.base import derived_id
from schemas.sessions import EndCause, RecordKind, SessionEnded
from schemas.wire import AudioFormat, Auth, BeginAnswer, End, Ping, Start
from tests.support.edge.core_connection import ADA
from tests.support.edge.fake_stages import sound
from tests.support.edge.state_machine import FLOATS, HELD_FRAMES, MAX_SESSION_S, OURS, RARELY, ConnectionStateMachine

MAX_ROUNDS = 12
"""In each, all pending work is done; by then a connection must be closed."""

RESUMES = st.builds(
    Start,
    resume=st.sampled_from(["ours", "ours", "ours", "another user's", "unknown"]),
    from_frame=st.integers(0, HELD_FRAMES + 1),
    have_final=st.integers(0, 1),
    audio=st.sampled_from([AudioFormat(), FLOATS]),
)
STARTS = st.one_of(st.sampled_from([Start(), Start(audio=FLOATS), Start(audio=AudioFormat(channels=9))]), RESUMES)
ADMITTED = Admitted("resume-token")
ADMISSION_ANSWERS = st.sampled_from([*6 * [ADMITTED], Overloaded(5250), QuotaExceeded(1, competition=True)])
TEXT_EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.integers(1, 20).map(lambda number: BeginAnswer(question=number)),
    st.sampled_from([Ping(id=1), InvalidMessage(bad_message("Odd.")), Auth(token="fresh"), End()]),
)


class AnyConnection(ConnectionStateMachine):
    """What a client does, and the invariants."""

    # What a client does.

    @initialize(
        begins=st.sampled_from([None, Start(), Start(), Start(audio=FLOATS)]) | RESUMES,
        known_for_ms=st.sampled_from([None, None, 3_000, 70_000]),
        sent_samples=st.lists(st.integers(1, 2 * FRAME_SAMPLES), max_size=3),
        question=st.none() | st.integers(1, 20),
        honest=st.sampled_from([True, True, False]),
        over=st.sampled_from([False, False, False, True]),
        answer=ADMISSION_ANSWERS,
    )
    def begin(
        self,
        *,
        begins: Start | None,
        known_for_ms: int | None,
        sent_samples: list[int],
        question: int | None,
        honest: bool,
        over: bool,
        answer: Admitted | Overloaded | QuotaExceeded,
    ) -> None:
        """Most runs begin in the middle of a session, or they would hardly get there. `over`: whether a session that is
        resumed is over already."""
        self.honest, self.over_before, self.admission_answer = honest, over, answer
        if begins or sent_samples:
            self.feed(TokenAccepted(replace(ADA, expires_at_ms=known_for_ms)))
        if begins:
            self.feed(begins)
            while sent_samples and self.in_flight:
                self.accept_next()
        for samples in sent_samples:
            if self.reading:
                self.speak(samples, wait_ms=0, bad=False)
            if self.jobs:
                self.run_job(held_back=10, outcome=19)
        if question and self.reading and self.connection.phase is ConnectionPhase.STREAMING:
            self.text(BeginAnswer(question=question))

    @precondition(lambda self: self.reading)
    @rule(event=TEXT_EVENTS)
    def text(self, event: Event) -> None:
        speaks = self.connection.phase is ConnectionPhase.STREAMING
        if isinstance(event, BeginAnswer) and speaks and self.connection.session.question != event.question:
            self.marks.append((event.question, self.sent))
        self.feed(event)

    @precondition(lambda self: self.reading)
    @rule(event=STARTS, answer=ADMISSION_ANSWERS, sure=RARELY)
    def start(self, event: Start, answer: Admitted | Overloaded | QuotaExceeded, *, sure: bool) -> None:
        if sure or self.connection.phase in (ConnectionPhase.CONNECTED, ConnectionPhase.READY):
            self.admission_answer = answer
            self.feed(event)

    @precondition(lambda self: self.reading)
    @rule(samples=st.integers(0, 3 * FRAME_SAMPLES) | st.just(SAMPLE_RATE), wait_ms=st.integers(0, 300), bad=RARELY)
    def speak(self, samples: int, wait_ms: int, *, bad: bool) -> None:
        self.now_ms += wait_ms
        if bad:
            self.feed(AudioReceived(bytes(samples * 4 + 1)))
            return
        speaks = self.connection.phase is ConnectionPhase.STREAMING
        if speaks and self.connection.session.audio.encoding == FLOATS.encoding:
            self.feed(AudioReceived(bytes(4 * samples)))
            return
        self.feed(AudioReceived(sound(self.sent, samples)))
        self.sent += samples if speaks and self.closing is None else 0

    # Invariants.

    @invariant()
    def the_log_holds_what_was_sent(self) -> None:
        """In whole frames, in order, without a gap, and no more than a session may have."""
        written = [record for conn, record in self.stages.log if conn == OURS]
        frames = [record for record in written if record.kind is RecordKind.FRAME]
        assert [frame.seq for frame in frames] == [
            self.first_sample // FRAME_SAMPLES + number for number in range(len(frames))
        ]
        audio = b"".join(frame.value for frame in frames)
        assert audio == sound(self.first_sample, len(audio) // SAMPLE_BYTES)
        assert self.first_sample + len(audio) // SAMPLE_BYTES <= min(self.sent, MAX_SESSION_S * SAMPLE_RATE)

    @invariant()
    def acknowledged_frames_are_in_the_log(self) -> None:
        kept = [record.seq or 0 for conn, record in self.stages.log if conn == OURS and record.seq is not None]
        session = self.connection.active_session
        if not session or self.connection.phase is ConnectionPhase.STARTING:
            return
        if self.protocol.acked > session.first_frame and self.honest:
            # Of a session that is over, everything held is acknowledged, whichever connection sent it.
            held = self.stages.frames if self.stages.over and not session.resume_confirmed else 0
            assert self.protocol.acked <= max(held, kept[-1] + 1 if kept else 0)
        if session.first_frame and self.honest:
            assert session.resume_confirmed <= self.stages.resumed, "no stage knows of this connection yet"
        if session.resume_confirmed and kept:
            assert self.protocol.acked == kept[-1] + 1
        if self.over_before and self.held_samples and self.honest:
            assert self.protocol.acked <= max(session.first_frame, HELD_FRAMES)

    @invariant()
    def a_rejected_start_is_answered_and_appends_nothing(self) -> None:
        if not self.rejected:
            return
        assert self.closing is not None
        assert self.closing.error is not None
        told = self.closing.error
        wanted = (
            (1013, "overloaded", self.admission_answer.retry_after_ms)
            if isinstance(self.admission_answer, Overloaded)
            else (4429, "too_many_sessions", None)
        )
        assert (self.closing.code, told.code, told.retry_after_ms) == wanted
        assert not self.in_flight
        assert OURS not in [conn for conn, _ in self.stages.log]

    @invariant()
    def the_lag_is_within_what_was_reported(self) -> None:
        """The lag never exceeds what is appended and not reported as transcribed, whatever is repeated; and a client
        less than 30 s ahead is always read."""
        session = self.connection.active_session
        if not session or self.connection.phase is ConnectionPhase.STARTING:
            return
        untranscribed = max(0, session.frames_appended - max(session.first_frame, self.reported_frames))
        # Of audio that arrived faster than real time, some counts only a little later.
        for wait_ms in (0, 1500):
            lag_s = self.connection.lag_s(self.now_ms + wait_ms)
            assert lag_s is None or 0 <= lag_s <= untranscribed * FRAME_MS / 1000
        assert self.connection.pause_ms(self.now_ms) == 0

    @invariant()
    def the_close_is_decided_once(self) -> None:
        assert (self.connection.phase is ConnectionPhase.CLOSED) == (self.closing is not None)

    # The end.

    def teardown(self) -> None:
        """All pending work is done. Then every connection is closed, and with honest stages the session has its report,
        with every sample counted, every answer in its place, and all of it acknowledged."""
        for _ in range(MAX_ROUNDS):
            if self.closing:
                break
            self.settle()
            self.go_on()
        while self.in_flight:
            self.accept_next()
        assert self.closing is not None
        if self.closing.error:
            assert self.closing.error.fatal
            self.protocol.check(self.closing.error)
        self.protocol.close(self.closing.code)
        if self.honest and not self.ended_elsewhere and self.protocol.closed in (1000, 4413):
            self.check_a_whole_session()

    def go_on(self) -> None:
        if self.closing is None:
            match self.connection.phase:
                case ConnectionPhase.CONNECTED:
                    self.time_passes(None)
                case ConnectionPhase.READY:
                    self.admission_answer = ADMITTED
                    self.feed(Start())
                case ConnectionPhase.STREAMING if not self.sent_more:
                    self.sent_more = True
                    self.now_ms += 10_000
                    self.speak(FRAME_SAMPLES + 7, wait_ms=0, bad=False)
                case ConnectionPhase.STREAMING:
                    self.feed(End())
                case ConnectionPhase.ENDING if not self.honest:
                    self.feed(Drain())  # The stages may never send a report.

    def check_a_whole_session(self) -> None:
        stages, connection = self.stages, self.connection
        assert self.protocol.finals == stages.finals
        if self.over_before and stages.resumed:
            return
        ours = [record for conn, record in stages.log if conn == OURS]
        end = SessionEnded.model_validate_json(ours[-1].value)
        assert end.cause is (EndCause.CLIENT if self.protocol.closed == 1000 else EndCause.LENGTH)
        assert end.event_id == derived_id(connection.session_id, connection.conn, "ended")
        samples = min(self.sent, MAX_SESSION_S * SAMPLE_RATE)
        assert stages.audio == sound(0, len(stages.audio) // SAMPLE_BYTES)
        assert len(stages.audio) // SAMPLE_BYTES == max(samples, self.held_samples)
        assert stages.marks == self.marks
        assert self.protocol.acked in (-(-samples // FRAME_SAMPLES), stages.frames)


TestAnyConnection = pytest.mark.thorough(AnyConnection.TestCase)
TestAnyConnection.settings = settings(max_examples=250, stateful_step_count=40)
