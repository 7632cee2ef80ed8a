"""One session's log and the stages that read it, played in memory."""

from dataclasses import dataclass, field

from edge.core.effects import SessionRecord
from schemas.audio import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE
from schemas.replies import Gone, ReplyMessage, Resumed, Superseded
from schemas.sessions import AnswerBegun, ConnectionResumed, Question, RecordKind
from schemas.wire import FinalMessage, Partial, Questions, ReportMessage, Summary

QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")
REPORT = ReportMessage(error="none")
FRAMES_PER_FINAL = 2
_SOUND = b"".join((sample & 0xFFFF).to_bytes(SAMPLE_BYTES, "little") for sample in range(60 * SAMPLE_RATE))


def sound(first_sample: int, samples: int) -> bytes:
    """Of a session whose every sample is its own number, so that a gap or a repetition would show."""
    return _SOUND[SAMPLE_BYTES * first_sample : SAMPLE_BYTES * (first_sample + samples)]


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="w", start_ms=0, end_ms=1, question=None, words=())


def partial(after_final: int) -> Partial:
    return Partial(text="w", start_ms=0, end_ms=1, after_final=after_final)


def summary(finals: int) -> Summary:
    return Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=finals)


@dataclass
class Stages:
    """The transcriber and the stages after it, as architecture.md describes them: `read_next` processes the log's next
    record. `conn`: the connection that counts. `replies` are for the connection under test, `ours`, in lists of which
    each keeps its order: replies of the transcriber, of its predecessors and of other stages may arrive interleaved."""

    ours: str
    log: list[tuple[str, SessionRecord]] = field(default_factory=list)
    position: int = 0
    conn: str = ""
    frames: int = 0
    audio: bytes = b""
    marks: list[tuple[int, int]] = field(default_factory=list)
    finals: int = 0
    over: bool = False
    reported: bool = False
    resumed: bool = False
    replies: list[list[ReplyMessage]] = field(default_factory=lambda: [[]])

    def append(self, conn: str, record: SessionRecord) -> None:
        """Kafka accepts a record. The guarantees of a session's log are checked here."""
        kinds = [kept.kind for by, kept in self.log if by == conn]
        begins = record.kind in (RecordKind.START, RecordKind.RESUME)
        assert begins == (not kinds), f"{record.kind} after {kinds}"
        assert RecordKind.END not in kinds, "nothing comes after the end"
        if record.kind is RecordKind.FRAME:
            earlier = [kept for by, kept in self.log if by == conn and kept.kind is RecordKind.FRAME]
            assert not earlier or record.seq == (earlier[-1].seq or 0) + 1, "a gap"
            assert not earlier or len(earlier[-1].value) == FRAME_BYTES, "only the last frame is shorter"
            assert 0 < len(record.value) <= FRAME_BYTES
        self.log.append((conn, record))

    @property
    def has_unread(self) -> bool:
        return self.position < len(self.log)

    def read_next(self) -> None:
        """The next record."""
        conn, record = self.log[self.position]
        self.position += 1
        match record.kind:
            case RecordKind.START:
                self.conn = conn
                self._reply(QUESTIONS)
            case RecordKind.RESUME:
                self._resume(conn, ConnectionResumed.model_validate_json(record.value))
            case _ if conn != self.conn or self.over:
                pass  # Ignored.
            case RecordKind.FRAME if record.seq == self.frames:
                self.frames += 1
                self.audio += record.value
                if self.frames % FRAMES_PER_FINAL:
                    self._reply(partial(self.finals))
                else:
                    self._commit_final()
            case RecordKind.ANSWER:
                begun = AnswerBegun.model_validate_json(record.value)
                self.marks.append((begun.question, begun.from_sample))
            case RecordKind.END:
                self.end()

    def end(self) -> None:
        """The session is over, by its `end` record or because it was idle."""
        self._commit_final()
        self.over = True
        self._reply(summary(self.finals))

    def report(self) -> None:
        """The analysis is done; another stage sends its reply."""
        self.reported = True
        if self.conn == self.ours:
            self.replies.append([REPORT])

    def take_over(self) -> None:
        """A successor repeats the replies of the last commit, and of a resume."""
        self.replies.append([])
        if self.resumed:
            self._reply(Resumed(next_frame=self.frames, over=self.over))
        if self.finals:
            self._reply(final(self.finals))
        if self.over:
            self._reply(summary(self.finals))

    def _commit_final(self) -> None:
        self.finals += 1
        self._reply(final(self.finals))

    def _resume(self, conn: str, resume: ConnectionResumed) -> None:
        if resume.from_frame > self.frames and conn == self.ours:
            self.replies[-1].append(Gone(code="frame_gap"))
            return
        self._reply(Superseded())
        self.conn, self.resumed = conn, self.resumed or conn == self.ours
        self._reply(Resumed(next_frame=self.frames, over=self.over))
        self._reply(QUESTIONS)
        for number in range(resume.have_final + 1, self.finals + 1):
            self._reply(final(number))
        if self.over:
            self._reply(summary(self.finals))
        if self.reported:
            self.report()  # Repeated to the session's newest connection.

    def _reply(self, message: ReplyMessage) -> None:
        if self.conn == self.ours:
            self.replies[-1].append(message)
