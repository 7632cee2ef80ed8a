"""What may be committed while messages are finished in any order."""

from hypothesis import given
from hypothesis import strategies as st

from infra.kafka.offset_tracker import Progress


def test_the_oldest_message_in_hand_holds_the_commit() -> None:
    progress = Progress()
    for offset in (10, 11, 14):
        assert progress.take(0, offset)
    progress.done(0, 11)
    progress.done(0, 14)
    assert progress.committable() == {}
    progress.done(0, 10)
    assert progress.committable() == {0: 15}


def test_partitions_do_not_hold_each_other() -> None:
    progress = Progress()
    progress.take(0, 1)
    progress.take(1, 7)
    progress.done(1, 7)
    assert progress.committable() == {1: 8}


def test_what_is_committed_is_not_committed_again() -> None:
    progress = Progress()
    progress.take(0, 1)
    progress.done(0, 1)
    progress.committed(0, 2)
    assert progress.committable() == {}


def test_a_partition_read_again_from_its_committed_offset_repeats_nothing() -> None:
    progress = Progress()
    for offset in (1, 2, 3):
        progress.take(0, offset)
    progress.done(0, 2)
    progress.keep_only([0])
    assert [progress.take(0, offset) for offset in (1, 2, 3, 4)] == [False, False, False, True]
    for offset in (1, 3, 4):
        progress.done(0, offset)
    assert progress.committable() == {0: 5}


def test_a_partition_that_was_away_is_a_new_one() -> None:
    progress = Progress()
    progress.take(0, 1)
    progress.keep_only([1])
    assert progress.take(0, 1)
    progress.keep_only([])
    progress.done(0, 1)
    assert progress.committable() == {}


@given(st.data())
def test_nothing_unfinished_is_ever_passed_and_everything_is_in_the_end(data: st.DataObject) -> None:
    """Two partitions with gaps in their offsets, messages taken and finished in any order, rebalances that begin them
    again at the committed offset, commits now and then."""
    logs = {
        number: sorted(data.draw(st.sets(st.integers(0, 40), min_size=1, max_size=12), label=f"log {number}"))
        for number in (0, 1)
    }
    progress = Progress()
    committed = {number: log[0] for number, log in logs.items()}
    position = dict(committed)
    in_hand: set[tuple[int, int]] = set()
    handled: list[tuple[int, int]] = []

    def commit() -> None:
        for number, offset in progress.committable().items():
            assert offset > committed[number]
            assert all((number, at) in handled for at in logs[number] if at < offset)
            committed[number] = offset
            progress.committed(number, offset)

    def step(action: str) -> None:
        number = data.draw(st.sampled_from((0, 1)), label="partition")
        coming = [at for at in logs[number] if at >= position[number]]
        if action == "take" and coming:
            if progress.take(number, coming[0]):
                assert (number, coming[0]) not in in_hand
                in_hand.add((number, coming[0]))
            position[number] = coming[0] + 1
        elif action == "finish" and in_hand:
            one = data.draw(st.sampled_from(sorted(in_hand)), label="finished")
            in_hand.remove(one)
            handled.append(one)
            progress.done(*one)
        elif action == "commit":
            commit()
        elif action == "rebalance":
            progress.keep_only((0, 1))
            position.update(committed)

    for action in data.draw(st.lists(st.sampled_from(("take", "finish", "commit", "rebalance")), max_size=60)):
        step(action)
    for number, log in logs.items():
        for at in (at for at in log if at >= position[number]):
            if progress.take(number, at):
                in_hand.add((number, at))
    for one in sorted(in_hand):
        handled.append(one)
        progress.done(*one)
    commit()
    assert committed == {number: log[-1] + 1 for number, log in logs.items()}
    # While a partition stays, nothing is handled twice.
    assert len(handled) == len(set(handled))
