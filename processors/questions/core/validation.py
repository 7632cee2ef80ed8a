"""Validation of a language model's questions."""

import re
from collections.abc import Iterable

from processors.questions.core.bank import fingerprint

MIN_CHARS = 10
MAX_CHARS = 160
_NUMBERING = re.compile(r"^\s*(?:\d{1,2}\s*[.):]|[-*•])\s+")
_ADDRESS = re.compile(r"https?:|www\.|@|[<>{}\\]")


def valid_questions(texts: Iterable[str], count: int) -> tuple[str, ...]:
    """At most `count` of the texts: those that are one plain question, without duplicates, list numbers and repeated
    spaces."""
    kept: dict[str, str] = {}
    for text in texts:
        question = " ".join(_NUMBERING.sub("", text).split())
        if _is_question(question):
            kept.setdefault(fingerprint(question), question)
    return tuple(kept.values())[:count]


def _is_question(text: str) -> bool:
    return (
        MIN_CHARS <= len(text) <= MAX_CHARS
        and text.endswith("?")
        and text.count("?") == 1
        and text[0].isalpha()
        and text.isprintable()
        and _ADDRESS.search(text) is None
    )
