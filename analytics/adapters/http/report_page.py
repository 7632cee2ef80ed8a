"""A report as a page to print: one HTML document with its own style, without scripts and external files."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from markupsafe import Markup

from analytics.adapters.http.templates import render
from analytics.core import report_text
from schemas.reports import Report

_STYLE = files("analytics").joinpath("templates/report.css").read_text("utf-8")
_STYLE_HASH = "sha256-" + b64encode(sha256(_STYLE.encode()).digest()).decode()
REPORT_PAGE_POLICY = (
    f"default-src 'none'; style-src '{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A Content-Security-Policy that allows this style and nothing else."""


def report_page(report: Report) -> str:
    return render(
        "report.html",
        report=report,
        style=Markup(_STYLE),  # noqa: S704 - from our own file
        figures=report_text.figures,
        made_by=report_text.made_by,
        answer_title=report_text.answer_title,
        verdict_label=report_text.verdict_label,
        error_labels=report_text.error_labels,
    )
