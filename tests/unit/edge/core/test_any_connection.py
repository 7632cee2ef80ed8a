"""The protocol's table under any sequence of events: every state is legal, and every answer is right.

The world around the connection is an honest one (`tests/support/edge_world.py`): a log that keeps records in order
until it fails, stages that hear it, die and say things again. What comes when is Hypothesis' choice. In runs that are
not honest, stages say anything at all: then only the promises that need nobody's help are checked.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.core.effects import Admit, Announce, Append, Claim, Close, Convert, LogRecord, Reclaim, Send, Verify
from edge.core.events import (
    Admitted,
    Announced,
    Audio,
    Converted,
    Drain,
    Event,
    Garbled,
    Kept,
    Overrun,
    Reclaimed,
    Refused,
    Rejected,
    Replied,
    Tick,
    Unclaimed,
    Unintelligible,
    Unkept,
    Unverified,
    Verified,
)
from edge.core.machine import TABLE, next_tick_ms, receive
from edge.core.pace import Budget
from edge.core.problems import bad_message
from edge.core.session import Speaker, State
from schemas.audio import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.base import derived_id
from schemas.replies import Gone, ReplyMessage, Resumed, Superseded
from schemas.sessions import ConnectionResumed, EndCause, RecordKind, SessionEnded
from schemas.wire import AudioFormat, Auth, BeginAnswer, End, Notice, Ping, Start
from tests.support.edge_connection import ADA, TERMS, connected
from tests.support.edge_promises import Promises
from tests.support.edge_world import QUESTIONS, REPORT, Stages, final, partial, sound, summary

OURS, EARLIER, NEWER = "c1", "c0", "c2"
FLOATS = AudioFormat(encoding="pcm_f32le")
"""Four bytes a sample, at the log's own rate: so the converter played here need not count."""
HELD_FRAMES = 3
"""Of the session that a resume goes on with; two finals have been made of them."""
LONGEST_S = 2
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
TEXTS: st.SearchStrategy[Event] = st.one_of(
    st.integers(1, 20).map(lambda number: BeginAnswer(question=number)),
    st.sampled_from([Ping(id=1), Garbled(bad_message("Odd.")), Auth(token="fresh"), End()]),
)
ANYTHING: st.SearchStrategy[ReplyMessage] = st.one_of(
    st.integers(0, 6).map(partial),
    st.integers(1, 6).map(final),
    st.integers(0, 6).map(summary),
    st.sampled_from([QUESTIONS, REPORT, Notice(code="overloaded", message="Slow."), Superseded()]),
    st.sampled_from([Gone(code="no_session"), Gone(code="frame_gap")]),
    st.builds(Resumed, next_frame=st.integers(0, 6), over=st.booleans()),
)
RARELY = st.integers(0, 14).map(lambda number: number == 0)


class AnyConnection(RuleBasedStateMachine):
    """What the service does, with every wait in it drawn out: errands and records take as long as Hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.session = connected(replace(TERMS, session_s=LONGEST_S, pace=Budget(times=8, burst_ms=1500)))
        self.now_ms = 0
        self.errands: list[Verify | Convert] = []
        self.unwritten: list[Append | Announce] = []
        self.closing: Close | None = None
        self.promises = Promises()
        self.stages = Stages(ours=OURS)
        self.honest = True
        self.ended_elsewhere = self.over_before = False
        self.first_sample = self.sent = self.held_samples = 0
        self.given = 0
        self.spoke_on = False
        self.marks: list[tuple[int, int]] = []

    # What the service does.

    def happen(self, event: Event) -> None:
        before = self.session.state
        self.session, effects = receive(self.session, event, self.now_ms)
        row = TABLE.get((before, type(event)))
        assert self.session.state in (row.to if row else {before})
        for effect in effects:
            match effect:
                case Send():
                    self.promises.hear(effect.message)
                case Append() | Announce():
                    assert self.closing is None, "nothing new is written after the close was decided"
                    self.unwritten.append(effect)
                case Verify() | Convert():
                    self.errands.append(effect)
                case Reclaim():
                    self.happen(self.reclaim(effect.start))
                case Admit():
                    self.happen(Admitted("resume-token"))
                case Close():
                    assert self.session.state is State.CLOSED
                    self.closing = self.closing or effect

    def reclaim(self, start: Start) -> Reclaimed | Unclaimed:
        if start.resume == "unknown":
            return Unclaimed()
        self.first_sample = self.sent = start.from_frame * FRAME_SAMPLES
        self.promises.finals = start.have_final
        if not self.stages.log:
            self.remember_a_session()
        return Reclaimed(start, Claim("s1", "ada" if start.resume == "ours" else "eve", None, AudioFormat()))

    def remember_a_session(self) -> None:
        """One that began over another connection."""
        self.held_samples = HELD_FRAMES * FRAME_SAMPLES
        frames = [sound(number * FRAME_SAMPLES, FRAME_SAMPLES) for number in range(HELD_FRAMES)]
        self.stages.append(EARLIER, LogRecord(RecordKind.START, b""))
        for number, frame in enumerate(frames):
            self.stages.append(EARLIER, LogRecord(RecordKind.FRAME, frame, number))
        if self.over_before:
            self.stages.append(EARLIER, LogRecord(RecordKind.END, b""))
        self.hear_all()

    @property
    def reading(self) -> bool:
        return self.closing is None and not self.errands

    # What a client does.

    @initialize(
        begins=st.sampled_from([None, Start(), Start(), Start(audio=FLOATS)]) | RESUMES,
        known_for_ms=st.sampled_from([None, None, 3_000, 70_000]),
        spoken=st.lists(st.integers(1, 2 * FRAME_SAMPLES), max_size=3),
        question=st.none() | st.integers(1, 20),
        honest=st.sampled_from([True, True, False]),
        over=st.sampled_from([False, False, False, True]),
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
    ) -> None:
        """Most runs begin in the middle of a session, or they would hardly get there. `over`: the one that a resume
        would go on with."""
        self.honest, self.over_before = honest, over
        if begins or spoken:
            self.happen(Verified(replace(ADA, expires_at_ms=known_for_ms)))
        if begins:
            self.happen(begins)
            while spoken and self.unwritten:
                self.keep()
        for samples in spoken:
            if self.reading:
                self.speak(samples, wait_ms=0, bad=False)
            if self.errands:
                self.run_errand(held_back=10, outcome=19)
        if question and self.reading and self.session.state is State.STREAMING:
            self.text(BeginAnswer(question=question))

    @precondition(lambda self: self.reading)
    @rule(event=TEXTS)
    def text(self, event: Event) -> None:
        speaks = self.session.state is State.STREAMING
        if isinstance(event, BeginAnswer) and speaks and self.session.speech.question != event.question:
            self.marks.append((event.question, self.sent))
        self.happen(event)

    @precondition(lambda self: self.reading)
    @rule(event=STARTS, sure=RARELY)
    def start(self, event: Start, *, sure: bool) -> None:
        if sure or self.session.state in (State.CONNECTED, State.READY):
            self.happen(event)

    @precondition(lambda self: self.reading)
    @rule(samples=st.integers(0, 3 * FRAME_SAMPLES) | st.just(SAMPLE_RATE), wait_ms=st.integers(0, 300), bad=RARELY)
    def speak(self, samples: int, wait_ms: int, *, bad: bool) -> None:
        self.now_ms += wait_ms
        if bad:
            self.happen(Audio(bytes(samples * 4 + 1)))
            return
        speaks = self.session.state is State.STREAMING
        if speaks and self.session.speech.audio.encoding == FLOATS.encoding:
            self.happen(Audio(bytes(4 * samples)))
            return
        self.happen(Audio(sound(self.sent, samples)))
        self.sent += samples if speaks and self.closing is None else 0

    @precondition(lambda self: self.errands and self.closing is None)
    @rule(held_back=st.integers(0, 100), outcome=st.integers(0, 19))
    def run_errand(self, held_back: int, outcome: int) -> None:
        """A token is checked, or audio converted, of which the last comes out only with what follows."""
        errand = self.errands.pop(0)
        if isinstance(errand, Verify):
            known = replace(ADA, expires_at_ms=None if outcome % 2 else self.now_ms + 1000 * outcome)
            others = (Verified(Speaker("eve", None, "", (), None)), Refused("expired", "", ""), Unverified())
            self.happen(others[outcome % 10] if outcome % 10 < len(others) else Verified(known))
        elif outcome == 0:
            self.happen(Unintelligible("noise"))
        elif errand.data is None:
            self.happen(Converted(sound(self.first_sample + self.given, self.gap), self.so_far, last=True))
        else:
            counts = self.session.state is State.STREAMING or self.session.speech.ended is not None
            self.sent += len(errand.data) // 4 if counts else 0
            new = max(0, self.gap - held_back)
            audio = sound(self.first_sample + self.given, new)
            self.given += new
            self.happen(Converted(audio, self.so_far, last=False))

    @property
    def so_far(self) -> int:
        return self.sent - self.first_sample

    @property
    def gap(self) -> int:
        """Samples that the converter holds back."""
        return self.so_far - self.given

    # What the world does.

    @precondition(lambda self: self.unwritten)
    @rule()
    def keep(self) -> None:
        effect = self.unwritten.pop(0)
        if isinstance(effect, Announce):
            self.happen(Announced())
            return
        self.stages.append(OURS, effect.record)
        self.happen(Kept(effect.record))

    @precondition(lambda self: self.unwritten)
    @rule(really=RARELY)
    def lose(self, *, really: bool) -> None:
        if really:
            self.unwritten.clear()
            self.happen(Unkept())

    @precondition(lambda self: self.stages.unheard)
    @rule()
    def hear_all(self) -> None:
        while self.stages.unheard:
            self.stages.hear()

    @precondition(lambda self: self.stages.over and not self.stages.reported)
    @rule()
    def make_report(self) -> None:
        self.stages.report()

    @precondition(lambda self: any(self.stages.replies))
    @rule(which=st.integers(0, 9), count=st.integers(1, 4))
    def deliver(self, which: int, count: int) -> None:
        waiting = [way for way in self.stages.replies if way]
        way = waiting[which % len(waiting)]
        for message in way[:count]:
            self.reply(message)
        del way[:count]

    def reply(self, message: ReplyMessage) -> None:
        # Replies are addressed by session: before there is one here, none can come.
        if self.session.talk:
            self.happen(Replied(message))

    @precondition(lambda self: self.stages.conn == OURS)
    @rule()
    def transcriber_dies(self) -> None:
        self.stages.take_over()

    @precondition(lambda self: self.stages.conn == OURS and not self.stages.over)
    @rule(really=RARELY, over=st.booleans())
    def others_take_it(self, *, really: bool, over: bool) -> None:
        """The session is found idle, or goes on over a newer connection."""
        if not really or self.ended_elsewhere:
            return
        self.ended_elsewhere = True
        if over:
            self.stages.end()
            return
        resume = ConnectionResumed(event_id="r", at_ms=0, session_id="s1", have_final=0, from_frame=0)
        self.stages.append(NEWER, LogRecord(RecordKind.RESUME, resume.encode()))

    @rule(wait_ms=st.none() | st.integers(0, 20_000))
    def time_passes(self, wait_ms: int | None) -> None:
        """Until it is looked at by itself, or for so long."""
        if self.closing:
            return
        due_ms = next_tick_ms(self.session, self.now_ms)
        self.now_ms = max(self.now_ms, due_ms) if wait_ms is None else self.now_ms + wait_ms
        self.happen(Tick())
        assert self.closing or next_tick_ms(self.session, self.now_ms) > self.now_ms, "it would be looked at for ever"

    @rule(event=st.sampled_from([Drain(), Overrun(), Rejected(1, competition=True)]), really=RARELY)
    def something_stops_it(self, event: Event, *, really: bool) -> None:
        if not really or (isinstance(event, Rejected) and self.session.state is not State.STARTING):
            return
        self.honest = self.honest and not isinstance(event, Overrun)  # What waited for the client is given up.
        self.happen(event)

    @precondition(lambda self: not self.honest)
    @rule(message=ANYTHING)
    def anything_is_said(self, message: ReplyMessage) -> None:
        self.reply(message)

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
        talk = self.session.talk
        if not talk or self.session.state is State.STARTING:
            return
        if self.promises.acked > talk.first_frame and self.honest:
            # Of a session that is over, all that is held is acknowledged, whichever connection brought it.
            held = self.stages.frames if self.stages.over and not talk.confirmed else 0
            assert self.promises.acked <= max(held, kept[-1] + 1 if kept else 0)
        if talk.first_frame and self.honest:
            assert talk.confirmed <= self.stages.resumed, "nobody has heard of this connection yet"
        if talk.confirmed and kept:
            assert self.promises.acked == kept[-1] + 1
        if self.over_before and self.held_samples and self.honest:
            assert self.promises.acked <= max(talk.first_frame, HELD_FRAMES)

    @invariant()
    def the_close_is_decided_once(self) -> None:
        assert (self.session.state is State.CLOSED) == (self.closing is not None)

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
        if self.closing.farewell:
            assert self.closing.farewell.fatal
            self.promises.hear(self.closing.farewell)
        self.promises.close(self.closing.code)
        if self.honest and not self.ended_elsewhere and self.promises.closed in (1000, 4413):
            self.check_a_whole_session()

    def settle(self) -> None:
        while self.errands and self.closing is None:
            self.run_errand(held_back=0, outcome=19)
        while self.unwritten:
            self.keep()
        if self.stages.unheard:
            self.hear_all()
        if self.stages.over and not self.stages.reported:
            self.make_report()
        while any(self.stages.replies) and self.closing is None:
            self.deliver(which=-1, count=1)  # The report may come before the summary.

    def go_on(self) -> None:
        if self.closing is None:
            match self.session.state:
                case State.CONNECTED:
                    self.time_passes(None)
                case State.READY:
                    self.happen(Start())
                case State.STREAMING if not self.spoke_on:
                    self.spoke_on = True
                    self.now_ms += 10_000
                    self.speak(FRAME_SAMPLES + 7, wait_ms=0, bad=False)
                case State.STREAMING:
                    self.happen(End())
                case State.ENDING if not self.honest:
                    self.happen(Drain())  # Nobody may be left who makes the report.

    def check_a_whole_session(self) -> None:
        stages, session = self.stages, self.session
        assert self.promises.finals == stages.finals
        if self.over_before and stages.resumed:
            return
        ours = [record for conn, record in stages.log if conn == OURS]
        end = SessionEnded.model_validate_json(ours[-1].value)
        assert end.cause is (EndCause.CLIENT if self.promises.closed == 1000 else EndCause.LENGTH)
        assert end.event_id == derived_id(session.session_id, session.conn, "ended")
        samples = min(self.sent, LONGEST_S * SAMPLE_RATE)
        assert stages.audio == sound(0, len(stages.audio) // SAMPLE_BYTES)
        assert len(stages.audio) // SAMPLE_BYTES == max(samples, self.held_samples)
        assert stages.marks == self.marks
        assert self.promises.acked in (-(-samples // FRAME_SAMPLES), stages.frames)


TestAnyConnection = AnyConnection.TestCase
TestAnyConnection.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
