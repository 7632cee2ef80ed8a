"""A connection's core with every wait in its service drawn out, in a world in which everything may take its time, as a
Hypothesis state machine: what the service and the world do. What a client does, and what must hold, is the test's.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from edge.core.connection_state import Phase, User
from edge.core.diagram import CAUSES
from edge.core.effects import (
    Admit,
    Announce,
    Append,
    Close,
    DecodeAudio,
    ResolveResumeToken,
    ResumeClaims,
    Send,
    SessionRecord,
    VerifyToken,
)
from edge.core.events import (
    Admitted,
    Announced,
    Appended,
    AudioDecoded,
    AuthUnavailable,
    DecodeFailed,
    Drain,
    Event,
    Overloaded,
    ProduceFailed,
    QuotaExceeded,
    ReplyReceived,
    ResumeTokenAccepted,
    ResumeTokenRejected,
    SendQueueFull,
    Tick,
    TokenAccepted,
    TokenRejected,
    TranscriberProgress,
)
from edge.core.flow.leaky_bucket import RateLimit
from edge.core.machine import TABLE, next_tick_ms, receive
from schemas.audio import FRAME_SAMPLES
from schemas.replies import Gone, ReplyMessage, Resumed, Superseded
from schemas.sessions import ConnectionResumed, RecordKind
from schemas.wire import AudioFormat, Notice, Start
from tests.support.edge.core_connection import ADA, POLICY, connected
from tests.support.edge.fake_stages import QUESTIONS, REPORT, Stages, final, partial, sound, summary
from tests.support.edge.protocol_invariants import Promises

OURS, EARLIER, NEWER = "c1", "c0", "c2"
FLOATS = AudioFormat(encoding="pcm_f32le")
"""Four bytes a sample, at the log's own rate: so the converter played here need not count."""
HELD_FRAMES = 3
"""Of the session that a resume goes on with; two finals have been made of them."""
LONGEST_S = 2
ANYTHING: st.SearchStrategy[ReplyMessage] = st.one_of(
    st.integers(0, 6).map(partial),
    st.integers(1, 6).map(final),
    st.integers(0, 6).map(summary),
    st.sampled_from([QUESTIONS, REPORT, Notice(code="overloaded", message="Slow."), Superseded()]),
    st.sampled_from([Gone(code="no_session"), Gone(code="frame_gap")]),
    st.builds(Resumed, next_frame=st.integers(0, 6), over=st.booleans()),
)
RARELY = st.integers(0, 14).map(lambda number: number == 0)


class DrawnOut(RuleBasedStateMachine):
    """What the service does: errands and records take as long as Hypothesis likes. `at_the_door`: what the next start
    is told; `told_frames`: how far the transcriber is, as far as the connection can know."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = connected(replace(POLICY, session_s=LONGEST_S, ingest_limit=RateLimit(rate=8, burst_ms=1500)))
        self.now_ms = 0
        self.errands: list[VerifyToken | DecodeAudio] = []
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
        self.at_the_door: Admitted | QuotaExceeded | Overloaded = Admitted("resume-token")
        self.turned_away = False
        self.told_frames = 0

    # What the service does.

    def happen(self, event: Event) -> None:
        before = self.connection.phase
        self.connection, effects = receive(self.connection, event, self.now_ms)
        row = TABLE.get((before, type(event)))
        assert self.connection.phase in (row.to if row else {before})
        for effect in effects:
            match effect:
                case Send():
                    self.promises.hear(effect.message)
                case Append() | Announce():
                    assert self.closing is None, "nothing new is written after the close was decided"
                    assert not self.turned_away
                    self.unwritten.append(effect)
                case VerifyToken() | DecodeAudio():
                    self.errands.append(effect)
                case ResolveResumeToken():
                    self.happen(self.reclaim(effect.start))
                case Admit():
                    self.happen(self.admit(effect))
                case Close():
                    assert self.connection.phase is Phase.CLOSED
                    if row and before is not Phase.CLOSED:
                        assert f"{effect.code}" in CAUSES[row.step, Phase.CLOSED], (
                            "the diagram shows another close code"
                        )
                    self.closing = self.closing or effect

    def admit(self, wanted: Admit) -> Admitted | QuotaExceeded | Overloaded:
        """What goes on was let in before."""
        answer = Admitted("resume-token") if wanted.resumes else self.at_the_door
        self.turned_away = not isinstance(answer, Admitted)
        return answer

    def reclaim(self, start: Start) -> ResumeTokenAccepted | ResumeTokenRejected:
        if start.resume == "unknown":
            return ResumeTokenRejected()
        self.first_sample = self.sent = start.from_frame * FRAME_SAMPLES
        self.promises.finals = start.have_final
        if not self.stages.log:
            self.remember_a_session()
        return ResumeTokenAccepted(
            start, ResumeClaims("s1", "ada" if start.resume == "ours" else "eve", None, AudioFormat())
        )

    def remember_a_session(self) -> None:
        """One that began over another connection."""
        self.held_samples = HELD_FRAMES * FRAME_SAMPLES
        frames = [sound(number * FRAME_SAMPLES, FRAME_SAMPLES) for number in range(HELD_FRAMES)]
        self.stages.append(EARLIER, SessionRecord(RecordKind.START, b""))
        for number, frame in enumerate(frames):
            self.stages.append(EARLIER, SessionRecord(RecordKind.FRAME, frame, number))
        if self.over_before:
            self.stages.append(EARLIER, SessionRecord(RecordKind.END, b""))
        self.hear_all()

    @property
    def reading(self) -> bool:
        return self.closing is None and not self.errands

    @precondition(lambda self: self.errands and self.closing is None)
    @rule(held_back=st.integers(0, 100), outcome=st.integers(0, 19))
    def run_errand(self, held_back: int, outcome: int) -> None:
        """A token is checked, or audio converted, of which the last comes out only with what follows."""
        errand = self.errands.pop(0)
        if isinstance(errand, VerifyToken):
            known = replace(ADA, expires_at_ms=None if outcome % 2 else self.now_ms + 1000 * outcome)
            others = (
                TokenAccepted(User("eve", None, "", (), None)),
                TokenRejected("expired", "", ""),
                AuthUnavailable(),
            )
            self.happen(others[outcome % 10] if outcome % 10 < len(others) else TokenAccepted(known))
        elif outcome == 0:
            self.happen(DecodeFailed("noise"))
        elif errand.data is None:
            self.happen(AudioDecoded(sound(self.first_sample + self.given, self.gap), self.so_far, last=True))
        else:
            counts = self.connection.phase is Phase.STREAMING or self.connection.session.end_cause is not None
            self.sent += len(errand.data) // 4 if counts else 0
            new = max(0, self.gap - held_back)
            audio = sound(self.first_sample + self.given, new)
            self.given += new
            self.happen(AudioDecoded(audio, self.so_far, last=False))

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
        self.happen(Appended(effect.record))

    @precondition(lambda self: self.unwritten)
    @rule(really=RARELY)
    def lose(self, *, really: bool) -> None:
        if really:
            self.unwritten.clear()
            self.happen(ProduceFailed())

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
        if self.connection.active_session:
            self.happen(ReplyReceived(message))

    @precondition(lambda self: self.connection.active_session)
    @rule(back=st.integers(0, 8), beyond=RARELY)
    def progress_is_told(self, back: int, *, beyond: bool) -> None:
        """Each reply says how much had been heard when it was made, and some are late. Nobody is told of it."""
        frames = max(0, self.stages.frames - back) if self.honest else 100 * beyond + back
        counts = self.connection.phase in (Phase.STREAMING, Phase.ENDING)
        said, waiting, closing = list(self.promises.heard), len(self.unwritten), self.closing
        self.happen(TranscriberProgress(frames))
        assert (self.promises.heard, len(self.unwritten), self.closing) == (said, waiting, closing)
        if counts:
            self.told_frames = max(self.told_frames, frames)

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
        self.stages.append(NEWER, SessionRecord(RecordKind.RESUME, resume.encode()))

    @rule(wait_ms=st.none() | st.integers(0, 20_000))
    def time_passes(self, wait_ms: int | None) -> None:
        """Until it is looked at by itself, or for so long."""
        if self.closing:
            return
        due_ms = next_tick_ms(self.connection, self.now_ms)
        self.now_ms = max(self.now_ms, due_ms) if wait_ms is None else self.now_ms + wait_ms
        self.happen(Tick())
        assert self.closing or next_tick_ms(self.connection, self.now_ms) > self.now_ms, (
            "it would be looked at for ever"
        )

    @rule(event=st.sampled_from([Drain(), SendQueueFull()]), really=RARELY)
    def something_stops_it(self, event: Event, *, really: bool) -> None:
        if not really:
            return
        self.honest = self.honest and not isinstance(event, SendQueueFull)  # What waited for the client is given up.
        self.happen(event)

    @precondition(lambda self: not self.honest)
    @rule(message=ANYTHING)
    def anything_is_said(self, message: ReplyMessage) -> None:
        self.reply(message)

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
