"""A connection's core as a Hypothesis state machine, in which every wait may take any time: the rules for what the
service and the other stages do. The rules for the client, and the invariants, are in the test.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from edge.core.connection_state import ConnectionPhase, User
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
from tests.support.edge.protocol_invariants import ProtocolInvariants

OURS, EARLIER, NEWER = "c1", "c0", "c2"
FLOATS = AudioFormat(encoding="pcm_f32le")
"""Four bytes a sample, at the log's own rate, so that the decoder played here need not resample."""
HELD_FRAMES = 3
"""Of the session that is resumed; it has two finals."""
MAX_SESSION_S = 2
ANYTHING: st.SearchStrategy[ReplyMessage] = st.one_of(
    st.integers(0, 6).map(partial),
    st.integers(1, 6).map(final),
    st.integers(0, 6).map(summary),
    st.sampled_from([QUESTIONS, REPORT, Notice(code="overloaded", message="Slow."), Superseded()]),
    st.sampled_from([Gone(code="no_session"), Gone(code="frame_gap")]),
    st.builds(Resumed, next_frame=st.integers(0, 6), over=st.booleans()),
)
RARELY = st.integers(0, 14).map(lambda number: number == 0)


class ConnectionStateMachine(RuleBasedStateMachine):
    """Jobs and records take as long as Hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = connected(
            replace(POLICY, session_s=MAX_SESSION_S, ingest_limit=RateLimit(rate=8, burst_ms=1500))
        )
        self.now_ms = 0
        self.jobs: list[VerifyToken | DecodeAudio] = []
        self.in_flight: list[Append | Announce] = []
        self.closing: Close | None = None
        self.protocol = ProtocolInvariants()
        self.stages = Stages(ours=OURS)
        self.honest = True
        self.ended_elsewhere = self.over_before = False
        self.first_sample = self.sent = self.held_samples = 0
        self.decoded_samples = 0
        self.sent_more = False
        self.marks: list[tuple[int, int]] = []
        self.admission_answer: Admitted | QuotaExceeded | Overloaded = Admitted("resume-token")
        """What the next start is answered."""
        self.rejected = False
        self.reported_frames = 0
        """The transcriber's progress, as far as the connection can know it."""

    # What the service does.

    def feed(self, event: Event) -> None:
        before = self.connection.phase
        self.connection, effects = receive(self.connection, event, self.now_ms)
        transition = TABLE.get((before, type(event)))
        assert self.connection.phase in (transition.to if transition else {before})
        for effect in effects:
            match effect:
                case Send():
                    self.protocol.check(effect.message)
                case Append() | Announce():
                    assert self.closing is None, "nothing new is written after the close was decided"
                    assert not self.rejected
                    self.in_flight.append(effect)
                case VerifyToken() | DecodeAudio():
                    self.jobs.append(effect)
                case ResolveResumeToken():
                    self.feed(self.resolve(effect.start))
                case Admit():
                    self.feed(self.admit(effect))
                case Close():
                    assert self.connection.phase is ConnectionPhase.CLOSED
                    if transition and before is not ConnectionPhase.CLOSED:
                        assert f"{effect.code}" in CAUSES[transition.step, ConnectionPhase.CLOSED], (
                            "the diagram shows another close code"
                        )
                    self.closing = self.closing or effect

    def admit(self, wanted: Admit) -> Admitted | QuotaExceeded | Overloaded:
        """A resumed session was admitted before."""
        answer = Admitted("resume-token") if wanted.resumes else self.admission_answer
        self.rejected = not isinstance(answer, Admitted)
        return answer

    def resolve(self, start: Start) -> ResumeTokenAccepted | ResumeTokenRejected:
        if start.resume == "unknown":
            return ResumeTokenRejected()
        self.first_sample = self.sent = start.from_frame * FRAME_SAMPLES
        self.protocol.finals = start.have_final
        if not self.stages.log:
            self.add_earlier_session()
        return ResumeTokenAccepted(
            start, ResumeClaims("s1", "ada" if start.resume == "ours" else "eve", None, AudioFormat())
        )

    def add_earlier_session(self) -> None:
        """One that began on another connection."""
        self.held_samples = HELD_FRAMES * FRAME_SAMPLES
        frames = [sound(number * FRAME_SAMPLES, FRAME_SAMPLES) for number in range(HELD_FRAMES)]
        self.stages.append(EARLIER, SessionRecord(RecordKind.START, b""))
        for number, frame in enumerate(frames):
            self.stages.append(EARLIER, SessionRecord(RecordKind.FRAME, frame, number))
        if self.over_before:
            self.stages.append(EARLIER, SessionRecord(RecordKind.END, b""))
        self.transcribe_all()

    @property
    def reading(self) -> bool:
        return self.closing is None and not self.jobs

    @precondition(lambda self: self.jobs and self.closing is None)
    @rule(held_back=st.integers(0, 100), outcome=st.integers(0, 19))
    def run_job(self, held_back: int, outcome: int) -> None:
        """A token is verified, or audio decoded, the last of which comes out only with what follows."""
        job = self.jobs.pop(0)
        if isinstance(job, VerifyToken):
            known = replace(ADA, expires_at_ms=None if outcome % 2 else self.now_ms + 1000 * outcome)
            others = (
                TokenAccepted(User("eve", None, "", (), None)),
                TokenRejected("expired", "", ""),
                AuthUnavailable(),
            )
            self.feed(others[outcome % 10] if outcome % 10 < len(others) else TokenAccepted(known))
        elif outcome == 0:
            self.feed(DecodeFailed("noise"))
        elif job.data is None:
            self.feed(AudioDecoded(sound(self.first_sample + self.decoded_samples, self.gap), self.so_far, last=True))
        else:
            counts = self.connection.phase is ConnectionPhase.STREAMING or self.connection.session.end_cause is not None
            self.sent += len(job.data) // 4 if counts else 0
            new = max(0, self.gap - held_back)
            audio = sound(self.first_sample + self.decoded_samples, new)
            self.decoded_samples += new
            self.feed(AudioDecoded(audio, self.so_far, last=False))

    @property
    def so_far(self) -> int:
        return self.sent - self.first_sample

    @property
    def gap(self) -> int:
        """Samples that the decoder holds back."""
        return self.so_far - self.decoded_samples

    # What Kafka and the other stages do.

    @precondition(lambda self: self.in_flight)
    @rule()
    def accept_next(self) -> None:
        effect = self.in_flight.pop(0)
        if isinstance(effect, Announce):
            self.feed(Announced())
            return
        self.stages.append(OURS, effect.record)
        self.feed(Appended(effect.record))

    @precondition(lambda self: self.in_flight)
    @rule(really=RARELY)
    def fail_append(self, *, really: bool) -> None:
        if really:
            self.in_flight.clear()
            self.feed(ProduceFailed())

    @precondition(lambda self: self.stages.has_unread)
    @rule()
    def transcribe_all(self) -> None:
        while self.stages.has_unread:
            self.stages.read_next()

    @precondition(lambda self: self.stages.over and not self.stages.reported)
    @rule()
    def report_session(self) -> None:
        self.stages.report()

    @precondition(lambda self: any(self.stages.replies))
    @rule(which=st.integers(0, 9), count=st.integers(1, 4))
    def deliver(self, which: int, count: int) -> None:
        waiting = [replies for replies in self.stages.replies if replies]
        replies = waiting[which % len(waiting)]
        for message in replies[:count]:
            self.reply(message)
        del replies[:count]

    def reply(self, message: ReplyMessage) -> None:
        # Replies are addressed by session: before there is one here, none can arrive.
        if self.connection.active_session:
            self.feed(ReplyReceived(message))

    @precondition(lambda self: self.connection.active_session)
    @rule(back=st.integers(0, 8), beyond=RARELY)
    def report_progress(self, back: int, *, beyond: bool) -> None:
        """Each reply carries the progress at its time, and some are late. Progress has no visible effect."""
        frames = max(0, self.stages.frames - back) if self.honest else 100 * beyond + back
        counts = self.connection.phase in (ConnectionPhase.STREAMING, ConnectionPhase.ENDING)
        said, waiting, closing = list(self.protocol.received), len(self.in_flight), self.closing
        self.feed(TranscriberProgress(frames))
        assert (self.protocol.received, len(self.in_flight), self.closing) == (said, waiting, closing)
        if counts:
            self.reported_frames = max(self.reported_frames, frames)

    @precondition(lambda self: self.stages.conn == OURS)
    @rule()
    def restart_transcriber(self) -> None:
        self.stages.take_over()

    @precondition(lambda self: self.stages.conn == OURS and not self.stages.over)
    @rule(really=RARELY, over=st.booleans())
    def end_or_supersede(self, *, really: bool, over: bool) -> None:
        """The session is ended because it is idle, or resumed on a newer connection."""
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
        """Until the next tick is due, or for `wait_ms`."""
        if self.closing:
            return
        due_ms = next_tick_ms(self.connection, self.now_ms)
        self.now_ms = max(self.now_ms, due_ms) if wait_ms is None else self.now_ms + wait_ms
        self.feed(Tick())
        assert self.closing or next_tick_ms(self.connection, self.now_ms) > self.now_ms, "the timer would fire for ever"

    @rule(event=st.sampled_from([Drain(), SendQueueFull()]), really=RARELY)
    def stop_it(self, event: Event, *, really: bool) -> None:
        if not really:
            return
        self.honest = self.honest and not isinstance(event, SendQueueFull)  # The send queue was dropped.
        self.feed(event)

    @precondition(lambda self: not self.honest)
    @rule(message=ANYTHING)
    def deliver_anything(self, message: ReplyMessage) -> None:
        self.reply(message)

    def settle(self) -> None:
        while self.jobs and self.closing is None:
            self.run_job(held_back=0, outcome=19)
        while self.in_flight:
            self.accept_next()
        if self.stages.has_unread:
            self.transcribe_all()
        if self.stages.over and not self.stages.reported:
            self.report_session()
        while any(self.stages.replies) and self.closing is None:
            self.deliver(which=-1, count=1)  # The report may come before the summary.
