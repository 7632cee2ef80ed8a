"""Rewrites of an answer in better English, with the speaker's meaning: the language model's, if it keeps to what was
said; else the answer with its corrections applied."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from processors.analyze.core.model_output import clean_sentences
from processors.analyze.core.verify import VerifiedError
from processors.analyze.core.words import token, tokens, word_set
from schemas.words import Word

MAX_REWRITE_CHARS = 2_000
_MAX_LENGTH, _MIN_LENGTH = 1.6, 0.5
"""Words of the rewrite per word of the answer."""
_EXTRA_WORDS = 4
"""Allowed beyond that, so that a very short answer can become a sentence."""
_MAX_NEW_SHARE = 0.4
"""Share of the rewrite's content words that need not occur in the answer in some form."""
_NEW_WORDS = 2
"""Allowed even if their share is larger."""
_SENTENCE_END = (".", "?", "!")
# Function words may be added and removed freely: they carry grammar, not facts.
_FUNCTION_WORDS = word_set(
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


def choose_rewrite(candidate: str, words: Sequence[Word], verified: Sequence[VerifiedError]) -> str | None:
    """The rewrite to show, or None if there is nothing to improve. `candidate`: the model's rewrite, or empty. `words`:
    the answer's fluent words."""
    spoken = [token(word.text) for word in words]
    rewrite = clean_sentences(candidate, len(spoken) + 1, MAX_REWRITE_CHARS)
    if rewrite and keeps_meaning(spoken, rewrite):
        return rewrite if tokens(rewrite) != tuple(spoken) else None
    return apply_corrections(words, verified)


def keeps_meaning(spoken: Sequence[str], rewrite: str) -> bool:
    """As far as rules can tell: a similar length, no number or name that was not said, few other new words."""
    new = tokens(rewrite)
    if not len(spoken) * _MIN_LENGTH <= len(new) <= len(spoken) * _MAX_LENGTH + _EXTRA_WORDS:
        return False
    stems = {_stem(word) for word in spoken}
    content = [word for word in new if word not in _FUNCTION_WORDS]
    added = [word for word in content if _stem(word) not in stems]
    if any(word in _NUMBERS or any(char.isdigit() for char in word) for word in added):
        return False
    if set(added) & {token(name) for name in _names(rewrite)}:
        return False
    return len(added) <= max(_NEW_WORDS, _MAX_NEW_SHARE * len(content))


def apply_corrections(words: Sequence[Word], verified: Sequence[VerifiedError]) -> str | None:
    """The answer with the corrections of all errors that count. None if there is none."""
    texts = [word.text for word in words]
    replacements = [each for found in verified if not found.error.uncertain for each in _replacements(found, words)]
    if not replacements:
        return None
    # From the end, so that the indices of earlier words stay valid; no two errors change the same word.
    for begin, end, right in sorted(replacements, key=lambda each: each[:2], reverse=True):
        last = texts[end - 1] if end > begin or end == len(texts) else ""
        tail = last[-1] if last.endswith((*_SENTENCE_END, ",")) else ""
        if end == begin == len(texts):
            texts[-1] = texts[-1].rstrip(".?!,")
        if not right and tail and begin:
            texts[begin - 1] = texts[begin - 1].rstrip(".?!,") + tail
        texts[begin:end] = [" ".join(right).rstrip(".?!,") + tail] if right else []
    return _as_written(" ".join(texts))


def _replacements(found: VerifiedError, words: Sequence[Word]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Which of the answer's words, from index to index, are replaced by which."""
    first, right = found.first_word, found.correction
    quote = [token(word.text) for word in words[first : first + found.length]]
    matcher = SequenceMatcher(None, quote, [token(word) for word in right], autojunk=False)
    return [
        (first + begin, first + end, right[begin_right:end_right])
        for kind, begin, end, begin_right, end_right in matcher.get_opcodes()
        if kind != "equal"
    ]


def _as_written(text: str) -> str:
    line = re.sub(r"\bi\b(?=$|[\s'’.,?!])", "I", text)
    line = re.sub(r"(?:^|(?<=[.?!] ))[a-z]", lambda match: match[0].upper(), line)
    return line if line.endswith(_SENTENCE_END) else line.rstrip(",") + "."


def _names(text: str) -> list[str]:
    """Capitalised words that do not begin a sentence."""
    return re.findall(r"(?<![.?!]\s)(?<=\s)[A-Z][\w'’]*", text)


def _stem(word: str) -> str:
    """A rough stem, good enough to match "played" with "play" and "children" with "childs"."""
    for ending in ("'s", "ing", "ied", "ies", "ed", "es", "s", "ly", "er", "est", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:4]
