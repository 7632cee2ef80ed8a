"""Fillers, repetitions and false starts are part of speaking. They are counted, and removed before errors are looked
for: a grammar checker misses in "she she go" what it finds in "she go".

The terms are those of the literature on disfluency: in "to London, I mean, to Paris" a repair ("to Paris") replaces the
words before the editing term ("I mean")."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from processors.analyze.core.words import token, word_set
from schemas.words import Word

# Only those that are never words of a sentence: "like" and "you know" may be meant.
FILLERS = frozenset({"um", "umm", "uhm", "uh", "uhh", "er", "erm", "hm", "hmm", "mm", "mmm"})
_MAX_REPEAT_WORDS = 4
# Repeated on purpose ("very very good") or by grammar ("I know that that is so", "gave her her book").
_MAY_REPEAT = word_set(
    "very really so too much many more far long no yes yeah bye ha ok okay please now that had her again"
)
_PRONOUNS = word_set("i you he she it we they")
_EDITING_TERMS = (("i", "mean"), ("no", "sorry"), ("sorry",))
_MAX_REPAIRED_WORDS = 5
"""A repair replaces at most this many words before its editing term."""
_VERB_FORMS = (
    word_set("am is are was were be been i'm he's she's it's we're they're you're"),
    word_set("have has had"),
    word_set("do does did don't doesn't didn't"),
    word_set("can could can't couldn't"),
    word_set("will would won't wouldn't"),
    word_set("go goes went gone"),
    word_set("eat eats ate eaten"),
    word_set("see sees saw seen"),
    word_set("come comes came"),
    word_set("take takes took taken"),
    word_set("make makes made"),
    word_set("buy buys bought buyed"),
    word_set("get gets got"),
    word_set("say says said"),
    word_set("think thinks thought"),
)
_VERB_ENDINGS = frozenset({"s", "es", "d", "ed", "ing"})
_SENTENCE_END = (".", "?", "!")
_BROKEN_OFF = ("-", "–", "—")


@dataclass(frozen=True)
class FluentSpeech:
    """An answer without disfluencies, and the number of those removed."""

    words: tuple[Word, ...]
    positions: tuple[int, ...]
    """`positions[i]` is the index of `words[i]` in the answer as it was spoken."""
    fillers: int = 0
    repetitions: int = 0
    false_starts: int = 0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(token(word.text) for word in self.words)


class _WordBuffer:
    """The words that have not been removed. Places count these, indices all words of the answer."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = list(words)
        tokens = [token(word.text) for word in words]
        self.left = [index for index, found in enumerate(tokens) if found]
        # Kept beside `left`, not computed again, since an hour of speech is searched once for each kind of disfluency.
        self._tokens = [found for found in tokens if found]

    def tokens(self) -> list[str]:
        return self._tokens

    def ends_sentence(self, place: int) -> bool:
        return self.words[self.left[place]].text.endswith(_SENTENCE_END)

    def remove(self, begin: int, end: int) -> None:
        """If the last word removed ended a sentence, the word before the gap ends it from now on."""
        last = self.words[self.left[end - 1]].text
        if begin and last.endswith(_SENTENCE_END) and not self.ends_sentence(begin - 1):
            before = self.left[begin - 1]
            word = self.words[before]
            self.words[before] = word.model_copy(update={"text": word.text.rstrip(",") + last[-1]})
        del self.left[begin:end]
        del self._tokens[begin:end]


def remove_disfluencies(words: Sequence[Word]) -> FluentSpeech:
    buffer = _WordBuffer(words)
    fillers = _remove_each(buffer, lambda place: buffer.tokens()[place] in FILLERS)
    false_starts = _remove_each(buffer, lambda place: buffer.words[buffer.left[place]].text.endswith(_BROKEN_OFF))
    false_starts += _apply_repairs(buffer)
    repetitions = sum(_remove_repeats(buffer, length) for length in range(_MAX_REPEAT_WORDS, 0, -1))
    false_starts += _remove_verb_restarts(buffer)
    left = tuple(buffer.left)
    return FluentSpeech(tuple(buffer.words[index] for index in left), left, fillers, repetitions, false_starts)


def _remove_each(buffer: _WordBuffer, unwanted: Callable[[int], bool]) -> int:
    places = [place for place in range(len(buffer.left)) if unwanted(place)]
    for place in reversed(places):
        buffer.remove(place, place + 1)
    return len(places)


def _remove_repeats(buffer: _WordBuffer, length: int) -> int:
    """ "i go i go to school": the first of two equal runs of words is removed."""
    count = place = 0
    while place + 2 * length <= len(buffer.left):
        tokens = buffer.tokens()
        run = tokens[place : place + length]
        ends = any(buffer.ends_sentence(within) for within in range(place, place + length))
        if run != tokens[place + length : place + 2 * length] or ends or set(run) <= _MAY_REPEAT:
            place += 1
            continue
        buffer.remove(place, place + length)
        count += 1
    return count


def _apply_repairs(buffer: _WordBuffer) -> int:
    """ "to london i mean to paris": a repair replaces the words from the one that it begins with."""
    count = place = 0
    while place < len(buffer.left):
        tokens = buffer.tokens()
        term = next((words for words in _EDITING_TERMS if tuple(tokens[place : place + len(words)]) == words), None)
        repair = place + len(term) if term else len(tokens)
        place += 1
        if term is None or repair >= len(tokens):
            continue
        reach = range(place - 2, max(-1, place - 2 - _MAX_REPAIRED_WORDS), -1)
        begin = next((before for before in reach if tokens[before] == tokens[repair]), None)
        if begin is None or any(buffer.ends_sentence(within) for within in range(begin, repair)):
            continue
        buffer.remove(begin, repair)
        place = begin
        count += 1
    return count


def _remove_verb_restarts(buffer: _WordBuffer) -> int:
    """ "she go she goes home": a pronoun and a verb, then the same pronoun and another form of the verb."""
    count = place = 0
    while place + 4 <= len(buffer.left):
        first, verb, second, other = buffer.tokens()[place : place + 4]
        ends = buffer.ends_sentence(place) or buffer.ends_sentence(place + 1)
        if first in _PRONOUNS and first == second and not ends and _same_verb(verb, other):
            buffer.remove(place, place + 2)
            count += 1
        else:
            place += 1
    return count


def _same_verb(one: str, other: str) -> bool:
    if any(one in forms and other in forms for forms in _VERB_FORMS):
        return True
    short, long = sorted((one, other), key=len)
    return (
        len(short) >= 3
        and long.startswith(short.removesuffix("e"))
        and (long.removeprefix(short) in _VERB_ENDINGS or long.removeprefix(short.removesuffix("e")) in _VERB_ENDINGS)
    )
