"""The bank: questions by theme, and a draw from it that is random but always the same for a session."""

import hashlib
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """`keywords` are lower-case words of a topic that lead here."""

    name: str
    keywords: frozenset[str]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Bank:
    themes: tuple[Theme, ...]

    def __len__(self) -> int:
        return sum(len(theme.questions) for theme in self.themes)


def parse_bank(toml: str) -> Bank:
    """A bank from its file's text. Raises ValueError, KeyError or TypeError if it is not one."""
    return Bank(
        tuple(
            Theme(entry["name"], frozenset(entry["keywords"]), tuple(entry["questions"]))
            for entry in tomllib.loads(toml)["theme"]
        )
    )


def draw(bank: Bank, session_id: str, count: int, topic: str | None, without: Collection[str] = ()) -> tuple[str, ...]:
    """`count` different questions: of the topic's theme first, then from the other themes in turn. The session's id is
    the seed, so that an event delivered twice draws the same. Questions whose `fingerprint` is that of one in `without`
    are left out. Fewer come only if the bank holds no more."""
    taken = {fingerprint(text) for text in without}
    wanted = _words(topic or "")
    fitting: list[list[str]] = []
    others: list[list[str]] = []
    for theme in sorted(bank.themes, key=lambda theme: _lot(session_id, theme.name)):
        hand = [text for text in theme.questions if fingerprint(text) not in taken]
        hand.sort(key=lambda text: _lot(session_id, text))
        (fitting if theme.keywords & wanted else others).append(hand)
    return tuple((_in_turn(fitting) + _in_turn(others))[:count])


def fingerprint(question: str) -> str:
    """Two questions with the same letters and digits are the same question."""
    return "".join(char for char in question.casefold() if char.isalnum())


def _lot(session_id: str, text: str) -> bytes:
    """Sorting by this shuffles, in the same way whenever and wherever it is done."""
    return hashlib.sha256(f"{session_id}\x1f{text}".encode()).digest()


def _in_turn(hands: list[list[str]]) -> list[str]:
    rounds = max((len(hand) for hand in hands), default=0)
    return [hand[index] for index in range(rounds) for hand in hands if index < len(hand)]


def _words(topic: str) -> frozenset[str]:
    """A topic's words, each also in what may be its singular."""
    found = set()
    for word in re.findall(r"[a-z]+", topic.casefold()):
        found |= {word, word.removesuffix("s"), word.removesuffix("es")}
        if word.endswith("ies"):
            found.add(word.removesuffix("ies") + "y")
    return frozenset(found)
