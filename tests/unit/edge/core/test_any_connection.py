"""The protocol's table under any sequence of events: every state is legal, and every answer is right.

The world around the connection is an honest one (`tests/support/edge/fake_stages.py`): a log that keeps records in
order until it fails, and stages that hear it, die and say things again. What comes when is Hypothesis' choice. In
runs that are not honest, stages say anything at all: then only the promises that need nobody's help are checked.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from edge.core.connection_state import Phase
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
from tests.support.edge.state_machine import FLOATS, HELD_FRAMES, LONGEST_S, OURS, RARELY, DrawnOut

ROUNDS = 12
"""In which everybody does what is to be done, until a connection has come to its end."""

RESUMES = st.builds(
    Start,
    resume=st.sampled_from(["ours", "ours", "ours", "another user's", "unknown"]),
    from_frame=st.integers(0, HELD_FRAMES + 1),
    have_final=st.integers(0, 1),
    audio=st.sampled_from([AudioFormat(), FLOATS]),
)
STARTS = st.one_of(st.sampled_from([Start(), Start(audio=FLOATS), Start(audio=AudioFormat(channels=9))]), RESUMES)
ADMITTED = Admitted("resume-token")
ANSWERS = st.sampled_from([*6 * [ADMITTED], Overloaded(5250), QuotaExceeded(1, competition=True)])
TEXTS: st.SearchStrategy[Event] = st.one_of(
    st.integers(1, 20).map(lambda number: BeginAnswer(question=number)),
    st.sampled_from([Ping(id=1), InvalidMessage(bad_message("Odd.")), Auth(token="fresh"), End()]),
)


class AnyConnection(DrawnOut):
    """What a client does, and what holds whatever comes of it."""

    # What a client does.

    @initialize(
        begins=st.sampled_from([None, Start(), Start(), Start(audio=FLOATS)]) | RESUMES,
        known_for_ms=st.sampled_from([None, None, 3_000, 70_000]),
        spoken=st.lists(st.integers(1, 2 * FRAME_SAMPLES), max_size=3),
        question=st.none() | st.integers(1, 20),
        honest=st.sampled_from([True, True, False]),
        over=st.sampled_from([False, False, False, True]),
        answer=ANSWERS,
    )
    def begin(
        self,
        *,
        begins: Start | None,
        known_for_ms: int | None,
        spoken: list[int],
        question: int | None,
        honest: bool,
        over: bool,
        answer: Admitted | Overloaded | QuotaExceeded,
    ) -> None:
        """Most runs begin in the middle of a session, or they would hardly get there. `over`: the one that a resume
        would go on with."""
        self.honest, self.over_before, self.at_the_door = honest, over, answer
        if begins or spoken:
            self.happen(TokenAccepted(replace(ADA, expires_at_ms=known_for_ms)))
        if begins:
            self.happen(begins)
            while spoken and self.unwritten:
                self.keep()
        for samples in spoken:
            if self.reading:
                self.speak(samples, wait_ms=0, bad=False)
            if self.errands:
                self.run_errand(held_back=10, outcome=19)
        if question and self.reading and self.connection.phase is Phase.STREAMING:
            self.text(BeginAnswer(question=question))

    @precondition(lambda self: self.reading)
    @rule(event=TEXTS)
    def text(self, event: Event) -> None:
        speaks = self.connection.phase is Phase.STREAMING
        if isinstance(event, BeginAnswer) and speaks and self.connection.session.question != event.question:
            self.marks.append((event.question, self.sent))
        self.happen(event)

    @precondition(lambda self: self.reading)
    @rule(event=STARTS, answer=ANSWERS, sure=RARELY)
    def start(self, event: Start, answer: Admitted | Overloaded | QuotaExceeded, *, sure: bool) -> None:
        if sure or self.connection.phase in (Phase.CONNECTED, Phase.READY):
            self.at_the_door = answer
            self.happen(event)

    @precondition(lambda self: self.reading)
    @rule(samples=st.integers(0, 3 * FRAME_SAMPLES) | st.just(SAMPLE_RATE), wait_ms=st.integers(0, 300), bad=RARELY)
    def speak(self, samples: int, wait_ms: int, *, bad: bool) -> None:
        self.now_ms += wait_ms
        if bad:
            self.happen(AudioReceived(bytes(samples * 4 + 1)))
            return
        speaks = self.connection.phase is Phase.STREAMING
        if speaks and self.connection.session.audio.encoding == FLOATS.encoding:
            self.happen(AudioReceived(bytes(4 * samples)))
            return
        self.happen(AudioReceived(sound(self.sent, samples)))
        self.sent += samples if speaks and self.closing is None else 0

    # What holds.

    @invariant()
    def the_log_holds_what_was_said(self) -> None:
        """In whole frames, in order, without a hole, and no more than a session may."""
        written = [record for conn, record in self.stages.log if conn == OURS]
        frames = [record for record in written if record.kind is RecordKind.FRAME]
        assert [frame.seq for frame in frames] == [
            self.first_sample // FRAME_SAMPLES + number for number in range(len(frames))
        ]
        audio = b"".join(frame.value for frame in frames)
        assert audio == sound(self.first_sample, len(audio) // SAMPLE_BYTES)
        assert self.first_sample + len(audio) // SAMPLE_BYTES <= min(self.sent, LONGEST_S * SAMPLE_RATE)

    @invariant()
    def what_is_acknowledged_is_kept(self) -> None:
        kept = [record.seq or 0 for conn, record in self.stages.log if conn == OURS and record.seq is not None]
        session = self.connection.active_session
        if not session or self.connection.phase is Phase.STARTING:
            return
        if self.promises.acked > session.first_frame and self.honest:
            # Of a session that is over, all that is held is acknowledged, whichever connection brought it.
            held = self.stages.frames if self.stages.over and not session.resume_confirmed else 0
            assert self.promises.acked <= max(held, kept[-1] + 1 if kept else 0)
        if session.first_frame and self.honest:
            assert session.resume_confirmed <= self.stages.resumed, "nobody has heard of this connection yet"
        if session.resume_confirmed and kept:
            assert self.promises.acked == kept[-1] + 1
        if self.over_before and self.held_samples and self.honest:
            assert self.promises.acked <= max(session.first_frame, HELD_FRAMES)

    @invariant()
    def who_is_turned_away_knows_why_and_leaves_nothing_behind(self) -> None:
        if not self.turned_away:
            return
        assert self.closing is not None
        assert self.closing.error is not None
        told = self.closing.error
        wanted = (
            (1013, "overloaded", self.at_the_door.retry_after_ms)
            if isinstance(self.at_the_door, Overloaded)
            else (4429, "too_many_sessions", None)
        )
        assert (self.closing.code, told.code, told.retry_after_ms) == wanted
        assert not self.unwritten
        assert OURS not in [conn for conn, _ in self.stages.log]

    @invariant()
    def the_transcriber_is_as_far_as_it_told(self) -> None:
        """A lag is never more than what is kept and was not told of as heard, whatever is said again; and who is less
        than 30 s ahead is always read."""
        session = self.connection.active_session
        if not session or self.connection.phase is Phase.STARTING:
            return
        unheard = max(0, session.frames_appended - max(session.first_frame, self.told_frames))
        # Of what came faster than anybody speaks, some only counts a little later.
        for wait_ms in (0, 1500):
            lag_s = self.connection.lag_s(self.now_ms + wait_ms)
            assert lag_s is None or 0 <= lag_s <= unheard * FRAME_MS / 1000
        assert self.connection.pause_ms(self.now_ms) == 0

    @invariant()
    def the_close_is_decided_once(self) -> None:
        assert (self.connection.phase is Phase.CLOSED) == (self.closing is not None)

    # Where it leads.

    def teardown(self) -> None:
        """Everybody does what there is to do. Then every connection comes to its close, and an honest world's session
        to its report, with every sample counted, every answer in its place, and all of it acknowledged."""
        for _ in range(ROUNDS):
            if self.closing:
                break
            self.settle()
            self.go_on()
        while self.unwritten:
            self.keep()
        assert self.closing is not None
        if self.closing.error:
            assert self.closing.error.fatal
            self.promises.hear(self.closing.error)
        self.promises.close(self.closing.code)
        if self.honest and not self.ended_elsewhere and self.promises.closed in (1000, 4413):
            self.check_a_whole_session()

    def go_on(self) -> None:
        if self.closing is None:
            match self.connection.phase:
                case Phase.CONNECTED:
                    self.time_passes(None)
                case Phase.READY:
                    self.at_the_door = ADMITTED
                    self.happen(Start())
                case Phase.STREAMING if not self.spoke_on:
                    self.spoke_on = True
                    self.now_ms += 10_000
                    self.speak(FRAME_SAMPLES + 7, wait_ms=0, bad=False)
                case Phase.STREAMING:
                    self.happen(End())
                case Phase.ENDING if not self.honest:
                    self.happen(Drain())  # Nobody may be left who makes the report.

    def check_a_whole_session(self) -> None:
        stages, connection = self.stages, self.connection
        assert self.promises.finals == stages.finals
        if self.over_before and stages.resumed:
            return
        ours = [record for conn, record in stages.log if conn == OURS]
        end = SessionEnded.model_validate_json(ours[-1].value)
        assert end.cause is (EndCause.CLIENT if self.promises.closed == 1000 else EndCause.LENGTH)
        assert end.event_id == derived_id(connection.session_id, connection.conn, "ended")
        samples = min(self.sent, LONGEST_S * SAMPLE_RATE)
        assert stages.audio == sound(0, len(stages.audio) // SAMPLE_BYTES)
        assert len(stages.audio) // SAMPLE_BYTES == max(samples, self.held_samples)
        assert stages.marks == self.marks
        assert self.promises.acked in (-(-samples // FRAME_SAMPLES), stages.frames)


TestAnyConnection = pytest.mark.thorough(AnyConnection.TestCase)
TestAnyConnection.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
