"""A better version of an answer, with the speaker's meaning: a model's, if it stays with what was said; else the answer
with its own corrections put in."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from processors.analyze.core.remarks import sentences
from processors.analyze.core.verify import Found
from processors.analyze.core.words import token, tokens, word_set
from schemas.words import Word

MAX_IMPROVED_CHARS = 2_000
_LONGEST, _SHORTEST = 1.6, 0.5
"""Words of the improved version per word of the answer."""
_SPARE_WORDS = 4
"""So that a very short answer may become a sentence."""
_NEW_SHARE = 0.4
"""Share of the improved version's content words that the answer need not have in some form."""
_NEW_ALLOWED = 2
_SENTENCE_END = (".", "?", "!")
# Words that carry grammar rather than facts may come and go.
_GRAMMAR = word_set(
    "a an the and or but so because if that this these those there here i you he she it we they me him her us them my "
    "your his its our their mine am is are was were be been being do does did doing have has had having can could will "
    "would shall should may might must not no yes to of in on at for with from by about into onto over under up down "
    "out off as than then when where who whom whose which what why how all some any each every many much more most few "
    "less very too also just only really quite often always usually sometimes never ago since until while after before "
    "during between among both either neither one ones well such like get got go went gone goes going"
)
_NUMBERS = word_set(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million"
)


def improved(text: str, words: Sequence[Word], found: Sequence[Found]) -> str | None:
    """`words`: the answer's fluent words. `text`: a model's version, or empty."""
    said = [token(word.text) for word in words]
    version = sentences(text, len(said) + 1, MAX_IMPROVED_CHARS)
    if version and keeps_meaning(said, version):
        return version if tokens(version) != tuple(said) else None
    return corrected(words, found)


def keeps_meaning(said: Sequence[str], version: str) -> bool:
    """As far as a rule can tell: a like length, no number or name that was not said, and few other new words."""
    new = tokens(version)
    if not len(said) * _SHORTEST <= len(new) <= len(said) * _LONGEST + _SPARE_WORDS:
        return False
    stems = {_stem(word) for word in said}
    content = [word for word in new if word not in _GRAMMAR]
    added = [word for word in content if _stem(word) not in stems]
    if any(word in _NUMBERS or any(char.isdigit() for char in word) for word in added):
        return False
    if set(added) & {token(name) for name in _names(version)}:
        return False
    return len(added) <= max(_NEW_ALLOWED, _NEW_SHARE * len(content))


def corrected(words: Sequence[Word], found: Sequence[Found]) -> str | None:
    """The answer with the corrections that count. None where nothing counts."""
    texts = [word.text for word in words]
    edits = [edit for one in found if not one.error.uncertain for edit in _edits(one, words)]
    if not edits:
        return None
    # From the end, so that the numbers of earlier words stay right; errors share no changed word.
    for begin, end, right in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        last = texts[end - 1] if end > begin or end == len(texts) else ""
        tail = last[-1] if last.endswith((*_SENTENCE_END, ",")) else ""
        if end == begin == len(texts):
            texts[-1] = texts[-1].rstrip(".?!,")
        if not right and tail and begin:
            texts[begin - 1] = texts[begin - 1].rstrip(".?!,") + tail
        texts[begin:end] = [" ".join(right).rstrip(".?!,") + tail] if right else []
    return _as_written(" ".join(texts))


def _edits(found: Found, words: Sequence[Word]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Which words are replaced by which, counted from the answer's first."""
    quote = [token(word.text) for word in words[found.at : found.at + found.length]]
    fix = [token(word) for word in found.fix]
    return [
        (found.at + begin, found.at + end, found.fix[begin_right:end_right])
        for kind, begin, end, begin_right, end_right in SequenceMatcher(None, quote, fix, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def _as_written(text: str) -> str:
    line = re.sub(r"\bi\b(?=$|[\s'’.,?!])", "I", text)
    line = re.sub(r"(?:^|(?<=[.?!] ))[a-z]", lambda match: match[0].upper(), line)
    return line if line.endswith(_SENTENCE_END) else line.rstrip(",") + "."


def _names(version: str) -> list[str]:
    """Words with a capital that do not begin a sentence."""
    return re.findall(r"(?<![.?!]\s)(?<=\s)[A-Z][\w'’]*", version)


def _stem(word: str) -> str:
    """Rough, and enough to know "played" for "play" and "children" for "childs"."""
    for ending in ("'s", "ing", "ied", "ies", "ed", "es", "s", "ly", "er", "est", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:4]
