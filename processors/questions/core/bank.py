"""The question bank, and draws from it that are random but always the same for a session."""

import hashlib
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    name: str
    keywords: frozenset[str]
    """Lower-case words. A topic that contains one of them selects this theme."""
    questions: tuple[str, ...]


@dataclass(frozen=True)
class QuestionBank:
    themes: tuple[Theme, ...]

    def __len__(self) -> int:
        return sum(len(theme.questions) for theme in self.themes)


def parse_bank(toml: str) -> QuestionBank:
    """Parses a bank's file. Raises ValueError, KeyError or TypeError if it is invalid."""
    return QuestionBank(
        tuple(
            Theme(entry["name"], frozenset(entry["keywords"]), tuple(entry["questions"]))
            for entry in tomllib.loads(toml)["theme"]
        )
    )


def draw(
    bank: QuestionBank, session_id: str, count: int, topic: str | None, without: Collection[str] = ()
) -> tuple[str, ...]:
    """`count` different questions: those of the topic's theme first, then those of the other themes in turn. The
    session's id is the seed, so that a redelivered event draws the same. Questions with the `fingerprint` of one in
    `without` are left out. There are fewer only if the bank has no more."""
    excluded = {fingerprint(text) for text in without}
    topic_words = _words(topic or "")
    matching: list[list[str]] = []
    others: list[list[str]] = []
    for theme in sorted(bank.themes, key=lambda theme: _shuffle_key(session_id, theme.name)):
        questions = [text for text in theme.questions if fingerprint(text) not in excluded]
        questions.sort(key=lambda text: _shuffle_key(session_id, text))
        (matching if theme.keywords & topic_words else others).append(questions)
    return tuple((_round_robin(matching) + _round_robin(others))[:count])


def fingerprint(question: str) -> str:
    """The letters and digits of a question. Questions with the same fingerprint are duplicates."""
    return "".join(char for char in question.casefold() if char.isalnum())


def _shuffle_key(session_id: str, text: str) -> bytes:
    """Sorting by this key shuffles, with the same result in every process."""
    return hashlib.sha256(f"{session_id}\x1f{text}".encode()).digest()


def _round_robin(themes: list[list[str]]) -> list[str]:
    rounds = max((len(questions) for questions in themes), default=0)
    return [questions[index] for index in range(rounds) for questions in themes if index < len(questions)]


def _words(topic: str) -> frozenset[str]:
    """A topic's words, and the possible singular forms of each."""
    found = set()
    for word in re.findall(r"[a-z]+", topic.casefold()):
        found |= {word, word.removesuffix("s"), word.removesuffix("es")}
        if word.endswith("ies"):
            found.add(word.removesuffix("ies") + "y")
    return frozenset(found)
