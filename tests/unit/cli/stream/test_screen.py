import io

from rich.console import Console

from cli.stream.report_view import show_outcome
from cli.stream.screen import Screen
from client.connection import Received
from client.outcome import Outcome
from schemas.wire import SERVER_MESSAGE
from tests.support.clients.scripted_edge import FINAL, REPORT


def received(**message: object) -> Received:
    return Received(0, message, SERVER_MESSAGE.validate_python(message))


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=100, height=20, force_terminal=terminal, color_system=None, _environ={})


def shown(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_without_a_terminal_each_final_is_a_line_and_partials_are_not_shown() -> None:
    on = console(terminal=False)

    with Screen(on) as screen:
        screen.received(received(type="partial", text="good mor", start_ms=0, end_ms=1, after_final=0))
        screen.received(received(**FINAL))

    assert shown(on).splitlines() == ["     0.1 s  good morning.", "Transcript", "good morning."]


def test_on_a_terminal_the_newest_words_run_and_the_whole_transcript_stays() -> None:
    on = console(terminal=True)

    with Screen(on) as screen:
        for number in range(1, 401):
            screen.received(received(**{**FINAL, "number": number, "text": f"word{number}"}))
        screen.received(received(type="partial", text="good mor", start_ms=0, end_ms=1, after_final=400))
        screen.received(received(type="ack", frames=6))
        running = console(terminal=False)
        running.print(screen.region())
        screen.received(received(**{**FINAL, "number": 401, "text": "good morning."}))

    assert "word1 " not in shown(running)
    assert "good mor" in shown(running)
    assert "1.5 s of audio stored" in shown(running)
    assert len(shown(running).splitlines()) < running.height
    assert "word1 word2" in shown(on)
    assert shown(on).rstrip().endswith("good morning.")


def test_questions_notices_and_errors_that_end_nothing_are_shown_as_they_come() -> None:
    on = console(terminal=False)

    with Screen(on) as screen:
        screen.received(received(type="questions", questions=[{"number": 1, "text": "Why [/]?"}], source="bank"))
        screen.received(received(type="notice", code="demo_model", message="Only bundled recordings."))
        screen.received(received(type="error", code="unknown_type", message="What?", hint="Look.", fatal=False))

    assert "1. Why [/]?" in shown(on)
    assert "Only bundled recordings." in shown(on)
    assert "What? Look." in shown(on)


def test_the_end_shows_summary_report_and_faults_and_reads_no_markup_in_what_was_said() -> None:
    on = console(terminal=False)
    summary = {"words": 2, "speech_ms": 300, "audio_ms": 500, "words_per_minute": 120.0, "finals": 1}
    items = (
        received(type="summary", **summary),
        received(type="report", report=REPORT),
        received(type="error", code="kafka_down", message="Kafka is away.", hint="Try later.", fatal=True),
    )

    show_outcome(on, Outcome("s", 0, 0, 1.0, items, 1013, ""))

    text = shown(on)
    assert "2 words in 0.5 s" in text
    assert "A short [bold] answer." in text
    assert "good morning → a good morning" in text
    assert "(possibly misheard)" in text
    assert "Articles: One was missing." in text
    assert "✗ Kafka is away. Try later." in text
