"""What waits for a partition's commit, and what may be sent at once."""

import pytest

from processors.transcribe.core.session.output import AddressedReply, Fact, Output, RejectedRecord
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.replies import Reply, ReplyMessage
from schemas.transcripts import Final, TranscriptFinal
from schemas.wire import FinalMessage, Partial
from tests.support.transcribe.core_values import OPTIONS, Script, words
from tests.support.transcribe.session_records import session_started

PARTITION = 1
PARTIAL = Partial(text="w", start_ms=0, end_ms=1, after_final=0)
LETTER = RejectedRecord(PARTITION, 0, 0, None, None, "no reason")


def reply(message: ReplyMessage | None, session_id: str = "s-1") -> AddressedReply:
    told = Reply(event_id="e", at_ms=0, session_id=session_id, conn="c", heard_frames=0, message=message)
    return AddressedReply(PARTITION, 0, told)


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text="w", start_ms=0, end_ms=1, question=None, words=())


def fact() -> Fact:
    stored = Final(number=1, text="w", start_ms=0, end_ms=300, question=None, words=words("w"))
    event = TranscriptFinal(event_id="f", at_ms=0, final=stored, **session_started("s-1").shared())
    return Fact(PARTITION, event)


@pytest.fixture
def sessions() -> SessionRegistry:
    return SessionRegistry(OPTIONS)


@pytest.fixture
def pending(sessions: SessionRegistry) -> PendingCommits:
    """Of one partition, read from offset 7 on; 40 facts are in `transcripts` already."""
    opened = PendingCommits(sessions)
    opened.open(PARTITION, 7, 40)
    return opened


def test_where_nothing_has_changed_there_is_nothing_to_commit(pending: PendingCommits) -> None:
    assert pending.take(PARTITION, now_ms=0) is None
    assert not pending.is_urgent(PARTITION)


def test_records_without_consequences_are_committed_as_an_offset_alone(pending: PendingCommits) -> None:
    pending.advance({PARTITION: 9})
    assert not pending.is_urgent(PARTITION)
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    assert (commit.offset, commit.facts, commit.replies, commit.dead_letters) == (9, (), (), ())
    assert pending.take(PARTITION, now_ms=0) is None


def test_finals_wait_for_the_commit_and_partials_do_not(pending: PendingCommits) -> None:
    assert pending.add(Output(replies=(reply(PARTIAL), reply(None), reply(final(1))))) == (reply(PARTIAL), reply(None))
    assert pending.is_urgent(PARTITION)
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    assert commit.replies == (reply(final(1)),)


def test_partials_of_a_session_whose_final_waits_follow_it(pending: PendingCommits) -> None:
    pending.add(Output(replies=(reply(final(1)),)))
    other = reply(PARTIAL, "s-2")
    assert pending.add(Output(replies=(reply(PARTIAL), other))) == (other,)
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    assert commit.replies == (reply(final(1)), reply(PARTIAL))


def test_replies_are_not_overtaken_before_their_commit_is_acknowledged(pending: PendingCommits) -> None:
    pending.add(Output(replies=(reply(final(1)),)))
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    assert pending.add(Output(replies=(reply(PARTIAL),))) == ()
    pending.acknowledge(commit, transcripts_end=41)
    assert pending.transcripts_end(PARTITION) == 41
    assert pending.add(Output(replies=(reply(None),))) == (), "the partial before it still waits"
    newest = pending.take(PARTITION, now_ms=0)
    assert newest is not None
    pending.acknowledge(newest, transcripts_end=41)
    assert pending.add(Output(replies=(reply(PARTIAL),))) == (reply(PARTIAL),)


def test_facts_and_dead_letters_are_urgent_and_committed_once(pending: PendingCommits) -> None:
    pending.add(Output(dead_letters=(LETTER,), facts=(fact(),)))
    assert pending.is_urgent(PARTITION)
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    assert (commit.dead_letters, commit.facts) == ((LETTER,), (fact(),))
    assert pending.take(PARTITION, now_ms=0) is None


def test_a_partition_with_many_waiting_replies_is_backlogged(pending: PendingCommits) -> None:
    pending.add(Output(replies=(reply(final(1)), reply(final(2)))))
    assert pending.backlogged(2) == {PARTITION}
    assert pending.backlogged(3) == frozenset()


def test_the_commit_of_a_closed_partition_may_still_be_acknowledged(pending: PendingCommits) -> None:
    pending.add(Output(facts=(fact(),)))
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    pending.close([PARTITION, 99])
    pending.acknowledge(commit, transcripts_end=41)


def test_a_snapshot_tells_the_next_owner_which_finals_it_may_have_to_send_again(
    pending: PendingCommits, sessions: SessionRegistry
) -> None:
    script = Script(partition=PARTITION, first_offset=7)
    pending.add(sessions.advance([script.start()]))
    pending.advance({PARTITION: script.offset})
    pending.add(Output(replies=(reply(final(3)), reply(final(2)))))
    commit = pending.take(PARTITION, now_ms=0)
    assert commit is not None
    snapshot = commit.snapshots["s-1"]
    assert snapshot is not None
    assert (snapshot.told.from_final, snapshot.told.resumed, snapshot.told.superseded) == (2, False, ())
