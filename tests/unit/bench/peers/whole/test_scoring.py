import pytest

from bench.peers.whole.figures import figures
from bench.peers.whole.scoring import WordDelay, score
from bench.peers.whole.streaming_client import ShownText, StreamingClient
from bench.speech_streams import SpeechStream
from client.spoken_recording import SpokenWord

SECONDS = 4.0
WORDS = ("one", "two", "three", "four", "five", "six")
SAID = tuple(SpokenWord(word, 0.5 * index, 0.5 * index + 0.4) for index, word in enumerate(WORDS))


def client(*shown: ShownText, said: tuple[SpokenWord, ...] = SAID) -> StreamingClient:
    shown_to = StreamingClient(SpeechStream("test", bytes(round(SECONDS * 32_000)), said))
    shown_to.shown = list(shown)
    return shown_to


def test_a_word_is_committed_when_the_text_up_to_it_was() -> None:
    found = score(
        client(
            ShownText(1.0, "", "one"),
            ShownText(2.0, "One two", "tree"),
            ShownText(4.5, "One two three, four five six.", ""),
        )
    )

    # Chunks of 250 ms: "one", which ends at 0.4 s, was due at 0.5 s.
    assert found.committed[0] == WordDelay(0.5, 1.5)
    assert found.committed[-1] == WordDelay(3.0, 1.5)
    assert found.shown[0] == WordDelay(0.5, 0.5)
    assert found.shown[2] == WordDelay(1.5, 3.0)
    assert (found.substitutions, found.deletions, found.insertions) == (0, 0, 0)
    assert (found.tail_words, found.tail_missing) == (2, 0)


def test_words_that_never_came() -> None:
    found = score(client(ShownText(3.0, "one two three", "")))

    assert (found.deletions, found.lost, found.tail_missing) == (3, 3, 2)


def test_a_text_that_was_rewritten_counts_from_when_it_was_right() -> None:
    found = score(client(ShownText(1.0, "one too", ""), ShownText(3.0, "one two three four five six", "")))

    assert found.committed[0].delay_s == 0.5
    assert found.committed[1].delay_s == 2.0


def test_a_word_cannot_come_before_it_is_said() -> None:
    found = score(client(ShownText(1.0, "one two three four five six", "")))

    assert [delay.due_s for delay in found.committed] == [0.5, 1.0]


def test_a_passage_said_twice_by_the_server() -> None:
    found = score(client(ShownText(4.0, "one two three one two three four five six", "")))

    assert (found.insertions, found.repeated) == (3, 1)


def test_a_client_that_saw_nothing() -> None:
    found = score(client())

    assert (found.committed, found.deletions, found.tail_missing) == ((), 6, 2)


def test_figures_of_all_clients() -> None:
    good = client(
        *(
            ShownText(word.end_s + 0.6, " ".join(each.text for each in SAID[: index + 1]), "")
            for index, word in enumerate(SAID)
        )
    )
    found = figures([good, good])

    assert found["passed"]
    assert found["wer"] == 0
    assert found["words"] == 12
    assert found["committed_s"]["p50"] == pytest.approx(0.5, abs=0.1)


def test_a_client_that_failed_is_not_held() -> None:
    failed = client(ShownText(3.0, "one two three four five six", ""))
    failed.report("closed before the end")

    found = figures([failed])

    assert not found["passed"]
    assert found["problems"] == ["0.0 s: closed before the end"]
    assert figures([client()])["committed_s"] is None
