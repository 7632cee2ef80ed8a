"""What a slow reader loses, and what it never does."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.flow.send_queue import Outbox
from schemas.wire import SERVER_MESSAGE, Ack, FinalMessage, Partial, Pong, ServerMessage


def final(number: int, text: str = "word") -> FinalMessage:
    return FinalMessage(number=number, text=text, start_ms=0, end_ms=1, question=None, words=())


def partial(text: str, after_final: int = 0) -> Partial:
    return Partial(text=text, start_ms=0, end_ms=1, after_final=after_final)


def emptied(outbox: Outbox) -> list[ServerMessage]:
    texts = []
    while (text := outbox.pop()) is not None:
        texts.append(text)
    return [SERVER_MESSAGE.validate_json(text) for text in texts]


def test_of_acks_and_partials_only_the_newest_waits() -> None:
    outbox = Outbox()
    for message in (Ack(frames=1), partial("a"), Ack(frames=2), final(1), partial("b", 1), Ack(frames=3)):
        assert outbox.push(message)
    assert emptied(outbox) == [final(1), partial("b", 1), Ack(frames=3)]


def test_a_partial_never_overtakes_its_final() -> None:
    outbox = Outbox()
    for message in (partial("a"), final(1), partial("b", 1), final(2), partial("c", 2)):
        outbox.push(message)
    assert emptied(outbox) == [final(1), final(2), partial("c", 2)]


def test_what_was_sent_is_not_taken_back() -> None:
    outbox = Outbox()
    outbox.push(partial("a"))
    outbox.pop()
    outbox.push(Pong(id=1))
    outbox.push(partial("b"))
    assert emptied(outbox) == [Pong(id=1), partial("b")]


def test_a_full_outbox_says_so_and_still_takes_what_replaces() -> None:
    outbox = Outbox(max_messages=2)
    assert outbox.push(final(1))
    assert outbox.push(Ack(frames=1))
    assert outbox.push(Ack(frames=2))
    assert not outbox.push(final(2))
    assert emptied(outbox) == [final(1), Ack(frames=2)]
    assert outbox.push(final(2))


def test_it_is_bounded_in_bytes_but_takes_one_message_of_any_size() -> None:
    outbox = Outbox(max_bytes=1000)
    assert outbox.push(final(1, "word " * 1000))
    assert not outbox.push(final(2))
    outbox.clear()
    assert outbox.push(final(2))
    assert emptied(outbox) == [final(2)]


def test_what_waits_on_its_further_way_counts_too() -> None:
    outbox = Outbox(max_bytes=1000)
    assert outbox.push(final(1), beyond_bytes=800)
    assert not outbox.push(final(2), beyond_bytes=900)
    assert outbox.push(final(2))
    outbox.clear()
    assert not outbox.push(final(1), beyond_bytes=1000)


def test_letters_count_as_they_are_sent() -> None:
    outbox = Outbox()
    outbox.push(final(1, "ł" * 100))
    assert outbox.bytes == len(final(1, "ł" * 100).model_dump_json().encode())
    outbox.pop()
    assert outbox.bytes == 0


@given(st.lists(st.one_of(st.none(), st.sampled_from("afp")), max_size=60))
def test_finals_all_come_in_order_and_no_number_is_counted_twice(steps: list[str | None]) -> None:
    outbox, pushed, popped = Outbox(max_messages=8, max_bytes=600), 0, list[ServerMessage]()
    for step in steps:
        if step is None:
            text = outbox.pop()
            popped += [SERVER_MESSAGE.validate_json(text)] if text is not None else []
        elif step == "f":
            pushed += outbox.push(final(pushed + 1))
        else:
            outbox.push(Ack(frames=len(popped)) if step == "a" else partial("x"))
        assert len(outbox) <= 8
    popped += emptied(outbox)
    assert [message.number for message in popped if isinstance(message, FinalMessage)] == list(range(1, pushed + 1))
    assert outbox.push(final(1, "w" * 400))  # The count of bytes has come back to nothing.
