"""What may be committed while messages are completed in any order."""

from hypothesis import given
from hypothesis import strategies as st

from infra.kafka.offset_tracker import OffsetTracker


def test_the_oldest_message_in_flight_holds_the_commit() -> None:
    offsets = OffsetTracker()
    for offset in (10, 11, 14):
        assert offsets.track(0, offset)
    offsets.complete(0, 11)
    offsets.complete(0, 14)
    assert offsets.committable() == {}
    offsets.complete(0, 10)
    assert offsets.committable() == {0: 15}


def test_partitions_do_not_hold_each_other() -> None:
    offsets = OffsetTracker()
    offsets.track(0, 1)
    offsets.track(1, 7)
    offsets.complete(1, 7)
    assert offsets.committable() == {1: 8}


def test_what_is_committed_is_not_committed_again() -> None:
    offsets = OffsetTracker()
    offsets.track(0, 1)
    offsets.complete(0, 1)
    offsets.committed(0, 2)
    assert offsets.committable() == {}


def test_a_partition_fetched_again_from_its_committed_offset_repeats_nothing() -> None:
    offsets = OffsetTracker()
    for offset in (1, 2, 3):
        offsets.track(0, offset)
    offsets.complete(0, 2)
    offsets.retain([0])
    assert [offsets.track(0, offset) for offset in (1, 2, 3, 4)] == [False, False, False, True]
    for offset in (1, 3, 4):
        offsets.complete(0, offset)
    assert offsets.committable() == {0: 5}


def test_a_partition_that_comes_back_after_a_revocation_starts_afresh() -> None:
    offsets = OffsetTracker()
    offsets.track(0, 1)
    offsets.retain([1])
    assert offsets.track(0, 1)
    offsets.retain([])
    offsets.complete(0, 1)
    assert offsets.committable() == {}


@given(st.data())
def test_nothing_unfinished_is_ever_passed_and_everything_is_in_the_end(data: st.DataObject) -> None:
    """Two partitions with gaps in their offsets, messages tracked and completed in any order, rebalances that restart
    them at the committed offset, occasional commits."""
    logs = {
        number: sorted(data.draw(st.sets(st.integers(0, 40), min_size=1, max_size=12), label=f"log {number}"))
        for number in (0, 1)
    }
    offsets = OffsetTracker()
    committed = {number: log[0] for number, log in logs.items()}
    position = dict(committed)
    in_flight: set[tuple[int, int]] = set()
    handled: list[tuple[int, int]] = []

    def commit() -> None:
        for number, offset in offsets.committable().items():
            assert offset > committed[number]
            assert all((number, at) in handled for at in logs[number] if at < offset)
            committed[number] = offset
            offsets.committed(number, offset)

    def step(action: str) -> None:
        number = data.draw(st.sampled_from((0, 1)), label="partition")
        coming = [at for at in logs[number] if at >= position[number]]
        if action == "track" and coming:
            if offsets.track(number, coming[0]):
                assert (number, coming[0]) not in in_flight
                in_flight.add((number, coming[0]))
            position[number] = coming[0] + 1
        elif action == "complete" and in_flight:
            one = data.draw(st.sampled_from(sorted(in_flight)), label="finished")
            in_flight.remove(one)
            handled.append(one)
            offsets.complete(*one)
        elif action == "commit":
            commit()
        elif action == "rebalance":
            offsets.retain((0, 1))
            position.update(committed)

    for action in data.draw(st.lists(st.sampled_from(("track", "complete", "commit", "rebalance")), max_size=60)):
        step(action)
    for number, log in logs.items():
        for at in (at for at in log if at >= position[number]):
            if offsets.track(number, at):
                in_flight.add((number, at))
    for one in sorted(in_flight):
        handled.append(one)
        offsets.complete(*one)
    commit()
    assert committed == {number: log[-1] + 1 for number, log in logs.items()}
    # While a partition stays, nothing is handled twice.
    assert len(handled) == len(set(handled))
