"""A report as a page to print: one HTML document with its own style, no script, nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from analytics.core.report_text import clock, figures, made_by, marks, title_of, verdict_words
from schemas.reports import AnswerReport, Report, SpokenError, Suggestion

_STYLE = """
body { font: 11pt/1.5 Georgia, "Times New Roman", serif; color: #1a1a1a;
  max-width: 44em; margin: 2em auto; padding: 0 1em; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.25; break-after: avoid; }
h1 { font-size: 1.7em; margin-bottom: 0.3em; }
h2 { font-size: 1.25em; margin-top: 1.8em; border-bottom: 1px solid #bbb; }
h3 { font-size: 1.05em; margin: 1.2em 0 0.2em; }
article { break-inside: avoid; }
blockquote { margin: 0.4em 0; padding-left: 0.9em; border-left: 3px solid #bbb; color: #444; }
.figures { display: flex; flex-wrap: wrap; gap: 0.4em 1.6em; padding: 0; list-style: none; }
.figures b { font: 600 1.3em system-ui, sans-serif; display: block; }
.verdict { font: 0.85em system-ui, sans-serif; border: 1px solid #888; border-radius: 1em; padding: 0.05em 0.7em; }
.note { font-size: 0.88em; color: #555; }
del { color: #9b1c1c; } ins { color: #14532d; font-weight: 600; text-decoration: none; }
@media print { body { margin: 0; max-width: none; } a { color: inherit; } }
"""
STYLE_HASH = "sha256-" + b64encode(sha256(_STYLE.encode()).digest()).decode()
"""For a Content-Security-Policy that allows this style and no other."""


def page(report: Report) -> str:
    answers = "".join(map(_answer, report.answers))
    practise = "".join(map(_suggestion, report.practise))
    measured = "".join(f"<li><b>{escape(figure)}</b>{escape(name)}</li>" for figure, name in figures(report))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Your report</title>'
        f"<style>{_STYLE}</style></head><body><h1>Your report</h1><p>{escape(report.summary)}</p>"
        f'<ul class="figures">{measured}</ul>'
        + (f"<h2>Practise next</h2>{practise}" if practise else "")
        + (f"<h2>Your answers</h2>{answers}" if answers else "")
        + f"<h2>What this report does not know</h2>{_list(report.limits)}"
        + f'<p class="note">{escape(made_by(report))}</p></body></html>\n'
    )


def _suggestion(suggestion: Suggestion) -> str:
    lesson = suggestion.lesson
    study = ""
    if lesson:
        examples = "".join(
            f"<li><del>{escape(one.wrong)}</del> → <ins>{escape(one.right)}</ins></li>" for one in lesson.examples
        )
        study = f"<p>{escape(lesson.text)}</p>" + (f"<ul>{examples}</ul>" if examples else "")
        study += f"<p><b>Try this:</b> {escape(lesson.exercise)}</p>" if lesson.exercise else ""
    return f"<article><h3>{escape(suggestion.title)}</h3><p>{escape(suggestion.reason)}</p>{study}</article>"


def _answer(answer: AnswerReport) -> str:
    errors = "".join(map(_error, answer.errors))
    advice = answer.quality.advice if answer.quality else ""
    return (
        f'<article><h3>{escape(title_of(answer))} <span class="verdict">{escape(verdict_words(answer.verdict))}</span>'
        f'</h3><p class="note">{escape(answer.reason)} {escape(advice)}</p>'
        + (f"<blockquote>{escape(answer.transcript)}</blockquote>" if answer.transcript else "")
        + (f"<ul>{errors}</ul>" if errors else "")
        + (f"<p><b>Better:</b> {escape(answer.improved)}</p>" if answer.improved else "")
        + "</article>"
    )


def _error(error: SpokenError) -> str:
    return (
        f"<li><del>{escape(error.quote)}</del> → <ins>{escape(error.correction)}</ins> "
        f'<span class="note">({escape(", ".join((*marks(error), f"at {clock(error.start_ms)}")))})</span>'
        f"<br>{escape(error.explanation)}</li>"
    )


def _list(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f'<li class="note">{escape(sentence)}</li>' for sentence in sentences) + "</ul>"
