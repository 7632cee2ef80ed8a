"""Reports as Markdown and as a page: complete, and with all text escaped."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from analytics.adapters.http.report_page import report_page
from analytics.core.report_text import report_markdown
from schemas.reports import Report, ReportReady

EXAMPLES = sorted(Path("schemas/examples/reports").glob("*.json"))
HOSTILE = '<script>alert(1)</script> [here](http://x.example) **bold** # no `code` | "'


def example(file: Path) -> Report:
    report = ReportReady.model_validate_json(file.read_bytes()).report
    assert report is not None
    return report


def hostile() -> Report:
    """The newest example, with markup wherever there can be text."""
    report = example(EXAMPLES[-1])
    error = (
        report.answers[0].errors[0].model_copy(update={"quote": HOSTILE, "correction": HOSTILE, "explanation": HOSTILE})
    )
    answer = report.answers[0].model_copy(
        update={
            "question_text": HOSTILE, "transcript": HOSTILE, "reason": HOSTILE, "improved": HOSTILE, "errors": (error,)
        }
    )  # fmt: skip
    suggestion = report.practise[0].model_copy(update={"title": HOSTILE, "reason": HOSTILE})
    return report.model_copy(
        update={
            "summary": HOSTILE,
            "answers": (answer,),
            "practise": (suggestion,),
            "limits": (HOSTILE,),
            "model": HOSTILE,
        }
    )


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") or name in ("href", "src") for name, _ in attrs)
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_both_formats_have_everything_in_the_report(file: Path) -> None:
    report = example(file)
    seen = Tags(report_page(report)).text
    unmarked = report_markdown(report).replace("\\", "")
    for text in (seen, unmarked):
        assert report.summary in text
        assert report.model in text
        assert all(limit in text for limit in report.limits)
        for answer in report.answers:
            assert answer.transcript in text
            assert answer.reason in text
            assert (answer.improved or "") in text
            for error in answer.errors:
                assert all(part in text for part in (error.quote, error.correction, error.explanation))
                assert ("perhaps misheard" in text) is error.uncertain
        for suggestion in report.practise:
            assert suggestion.reason in text
            assert suggestion.lesson is None or suggestion.lesson.text in text


def test_a_page_escapes_all_text_and_loads_nothing() -> None:
    plain, changed = Tags(report_page(example(EXAMPLES[-1]))), Tags(report_page(hostile()))
    assert set(changed.found) <= set(plain.found)
    assert "script" not in changed.found
    assert HOSTILE in changed.text


def test_markdown_escapes_all_text() -> None:
    text = report_markdown(hostile())
    assert "<script>" not in text
    assert "[here](" not in text
    assert " **bold**" not in text
    assert " `code`" not in text


def test_a_text_that_looks_like_a_list_is_escaped() -> None:
    report = example(EXAMPLES[-1]).model_copy(update={"summary": "1. first"})
    assert "\n1\\. first\n" in report_markdown(report)
