"""What a slow client loses, and what it never does."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.flow.send_queue import SendQueue
from schemas.wire import SERVER_MESSAGE, Ack, FinalMessage, Partial, Pong, ServerMessage


def final(number: int, text: str = "word") -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


def partial(text: str, after_final: int = 0) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=1, after_final=after_final)


def drained(queue: SendQueue) -> list[ServerMessage]:
    texts = []
    while (text := queue.pop()) is not None:
        texts.append(text)
    return [SERVER_MESSAGE.validate_json(text) for text in texts]


def test_only_the_newest_ack_and_partial_wait() -> None:
    queue = SendQueue()
    for message in (Ack(frames=1), partial("a"), Ack(frames=2), final(1), partial("b", 1), Ack(frames=3)):
        assert queue.push(message)
    assert drained(queue) == [final(1), partial("b", 1), Ack(frames=3)]


def test_a_final_replaces_the_partial_before_it() -> None:
    queue = SendQueue()
    for message in (partial("a"), final(1), partial("b", 1), final(2), partial("c", 2)):
        queue.push(message)
    assert drained(queue) == [final(1), final(2), partial("c", 2)]


def test_a_message_that_was_popped_cannot_be_replaced() -> None:
    queue = SendQueue()
    queue.push(partial("a"))
    queue.pop()
    queue.push(Pong(id=1))
    queue.push(partial("b"))
    assert drained(queue) == [Pong(id=1), partial("b")]


def test_a_full_queue_rejects_a_message_unless_it_replaces_one() -> None:
    queue = SendQueue(max_messages=2)
    assert queue.push(final(1))
    assert queue.push(Ack(frames=1))
    assert queue.push(Ack(frames=2))
    assert not queue.push(final(2))
    assert drained(queue) == [final(1), Ack(frames=2)]
    assert queue.push(final(2))


def test_the_queue_is_bounded_in_bytes_but_takes_one_message_of_any_size() -> None:
    queue = SendQueue(max_bytes=1000)
    assert queue.push(final(1, "word " * 1000))
    assert not queue.push(final(2))
    queue.clear()
    assert queue.push(final(2))
    assert drained(queue) == [final(2)]


def test_bytes_that_wait_in_the_socket_count_too() -> None:
    queue = SendQueue(max_bytes=1000)
    assert queue.push(final(1), unsent_bytes=800)
    assert not queue.push(final(2), unsent_bytes=900)
    assert queue.push(final(2))
    queue.clear()
    assert not queue.push(final(1), unsent_bytes=1000)


def test_bytes_are_counted_in_utf_8() -> None:
    queue = SendQueue()
    queue.push(final(1, "ł" * 100))
    assert queue.bytes == len(final(1, "ł" * 100).model_dump_json().encode())
    queue.pop()
    assert queue.bytes == 0


@given(st.lists(st.one_of(st.none(), st.sampled_from("afp")), max_size=60))
def test_finals_come_in_order_and_bytes_are_not_counted_twice(steps: list[str | None]) -> None:
    queue, pushed, popped = SendQueue(max_messages=8, max_bytes=600), 0, list[ServerMessage]()
    for step in steps:
        if step is None:
            text = queue.pop()
            popped += [SERVER_MESSAGE.validate_json(text)] if text is not None else []
        elif step == "f":
            pushed += queue.push(final(pushed + 1))
        else:
            queue.push(Ack(frames=len(popped)) if step == "a" else partial("x"))
        assert len(queue) <= 8
    popped += drained(queue)
    assert [message.number for message in popped if isinstance(message, FinalMessage)] == list(range(1, pushed + 1))
    assert queue.push(final(1, "w" * 400))  # The count of bytes is back at 0.
