"""Reports as Markdown and as a page: everything in them, and nobody's words as markup."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from analytics.core.report_page import page
from analytics.core.report_text import markdown
from schemas.reports import Report, ReportReady

EXAMPLES = sorted(Path("schemas/examples/reports").glob("*.json"))
NASTY = '<script>alert(1)</script> [here](http://x.example) **bold** # no `code` | "'


def example(file: Path) -> Report:
    report = ReportReady.model_validate_json(file.read_bytes()).report
    assert report is not None
    return report


def nasty() -> Report:
    """The newest example with such text wherever text can stand."""
    report = example(EXAMPLES[-1])
    error = report.answers[0].errors[0].model_copy(update={"quote": NASTY, "correction": NASTY, "explanation": NASTY})
    answer = report.answers[0].model_copy(
        update={
            "question_text": NASTY, "transcript": NASTY, "reason": NASTY, "improved": NASTY, "errors": (error,)
        }
    )  # fmt: skip
    suggestion = report.practise[0].model_copy(update={"title": NASTY, "reason": NASTY})
    return report.model_copy(
        update={"summary": NASTY, "answers": (answer,), "practise": (suggestion,), "limits": (NASTY,), "model": NASTY}
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
def test_both_say_all_that_the_report_says(file: Path) -> None:
    report = example(file)
    seen = Tags(page(report)).text
    unmarked = markdown(report).replace("\\", "")
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


def test_a_page_has_no_markup_of_anybodys_and_nothing_from_elsewhere() -> None:
    plain, changed = Tags(page(example(EXAMPLES[-1]))), Tags(page(nasty()))
    assert set(changed.found) <= set(plain.found)
    assert "script" not in changed.found
    assert NASTY in changed.text


def test_markdown_has_no_markup_of_anybodys() -> None:
    text = markdown(nasty())
    assert "<script>" not in text
    assert "[here](" not in text
    assert " **bold**" not in text
    assert " `code`" not in text


def test_a_line_that_looks_like_a_list_is_none() -> None:
    report = example(EXAMPLES[-1]).model_copy(update={"summary": "1. first"})
    assert "\n1\\. first\n" in markdown(report)
