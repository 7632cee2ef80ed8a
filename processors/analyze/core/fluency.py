"""Fillers, repetitions and false starts: they belong to speaking. They are counted and taken out before anybody looks
for errors, for a checker that reads "she she go" does not see what it sees in "she go"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from processors.analyze.core.words import token, word_set
from schemas.words import Word

# Only what is never a word of a sentence: "like" and "you know" may be meant.
FILLERS = frozenset({"um", "umm", "uhm", "uh", "uhh", "er", "erm", "hm", "hmm", "mm", "mmm"})
_LONGEST_REPEAT = 4
# Said twice on purpose ("very very good"), or twice by grammar ("I know that that is so", "gave her her book").
_MEANT_TWICE = word_set(
    "very really so too much many more far long no yes yeah bye ha ok okay please now that had her again"
)
_PRONOUNS = word_set("i you he she it we they")
_REPAIRS = (("i", "mean"), ("no", "sorry"), ("sorry",))
_REPAIR_REACH = 5
"""How many words before "I mean" may be taken back by it."""
_FORMS = (
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
_ENDINGS = frozenset({"s", "es", "d", "ed", "ing"})
_SENTENCE_END = (".", "?", "!")
_CUT_OFF = ("-", "–", "—")


@dataclass(frozen=True)
class Fluent:
    """An answer without disfluencies. `places[i]` is the number of `words[i]` in the answer as it was said."""

    words: tuple[Word, ...]
    places: tuple[int, ...]
    fillers: int = 0
    repetitions: int = 0
    false_starts: int = 0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(token(word.text) for word in self.words)


class _Tape:
    """The words still standing. Numbers are those of the answer. `_heard`: their tokens, kept beside `left`, since an
    hour of speech is gone through once for each thing that is looked for."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = list(words)
        heard = [token(word.text) for word in words]
        self.left = [number for number, found in enumerate(heard) if found]
        self._heard = [found for found in heard if found]

    def tokens(self) -> list[str]:
        return self._heard

    def ends_sentence(self, place: int) -> bool:
        return self.words[self.left[place]].text.endswith(_SENTENCE_END)

    def remove(self, begin: int, end: int) -> None:
        """A sentence's end that stood on a removed word goes over to the word before it."""
        last = self.words[self.left[end - 1]].text
        if begin and last.endswith(_SENTENCE_END) and not self.ends_sentence(begin - 1):
            before = self.left[begin - 1]
            word = self.words[before]
            self.words[before] = word.model_copy(update={"text": word.text.rstrip(",") + last[-1]})
        del self.left[begin:end]
        del self._heard[begin:end]


def make_fluent(words: Sequence[Word]) -> Fluent:
    tape = _Tape(words)
    fillers = _remove_each(tape, lambda place: tape.tokens()[place] in FILLERS)
    false_starts = _remove_each(tape, lambda place: tape.words[tape.left[place]].text.endswith(_CUT_OFF))
    false_starts += _take_back(tape)
    repetitions = sum(_remove_repeats(tape, length) for length in range(_LONGEST_REPEAT, 0, -1))
    false_starts += _remove_own_corrections(tape)
    left = tuple(tape.left)
    return Fluent(tuple(tape.words[number] for number in left), left, fillers, repetitions, false_starts)


def _remove_each(tape: _Tape, unwanted: Callable[[int], bool]) -> int:
    places = [place for place in range(len(tape.left)) if unwanted(place)]
    for place in reversed(places):
        tape.remove(place, place + 1)
    return len(places)


def _remove_repeats(tape: _Tape, length: int) -> int:
    """ "i go i go to school": the first of two equal runs of words goes."""
    count = place = 0
    while place + 2 * length <= len(tape.left):
        heard = tape.tokens()
        run = heard[place : place + length]
        ends = any(tape.ends_sentence(within) for within in range(place, place + length))
        if run != heard[place + length : place + 2 * length] or ends or set(run) <= _MEANT_TWICE:
            place += 1
            continue
        tape.remove(place, place + length)
        count += 1
    return count


def _take_back(tape: _Tape) -> int:
    """ "to london i mean to paris": what is said anew after "I mean" replaces what it begins like."""
    count = place = 0
    while place < len(tape.left):
        heard = tape.tokens()
        marker = next((words for words in _REPAIRS if tuple(heard[place : place + len(words)]) == words), None)
        anew = place + len(marker) if marker else len(heard)
        place += 1
        if marker is None or anew >= len(heard):
            continue
        reach = range(place - 2, max(-1, place - 2 - _REPAIR_REACH), -1)
        begin = next((before for before in reach if heard[before] == heard[anew]), None)
        if begin is None or any(tape.ends_sentence(within) for within in range(begin, anew)):
            continue
        tape.remove(begin, anew)
        place = begin
        count += 1
    return count


def _remove_own_corrections(tape: _Tape) -> int:
    """ "she go she goes home": the same pronoun with another form of the same verb."""
    count = place = 0
    while place + 4 <= len(tape.left):
        first, verb, second, other = tape.tokens()[place : place + 4]
        ends = tape.ends_sentence(place) or tape.ends_sentence(place + 1)
        if first in _PRONOUNS and first == second and not ends and _same_verb(verb, other):
            tape.remove(place, place + 2)
            count += 1
        else:
            place += 1
    return count


def _same_verb(one: str, other: str) -> bool:
    if any(one in forms and other in forms for forms in _FORMS):
        return True
    short, long = sorted((one, other), key=len)
    return (
        len(short) >= 3
        and long.startswith(short.removesuffix("e"))
        and (long.removeprefix(short) in _ENDINGS or long.removeprefix(short.removesuffix("e")) in _ENDINGS)
    )
