"""Different spellings of the same sounds. A difference that cannot be heard is not an error of the speaker."""

from collections.abc import Sequence
from itertools import islice, product

_FULL_FORMS = {
    "can't": (("can", "not"), ("cannot",)),
    "cannot": (("can", "not"),),
    "won't": (("will", "not"),),
    "shan't": (("shall", "not"),),
    "ain't": (("is", "not"), ("am", "not"), ("are", "not")),
    "gonna": (("going", "to"),),
    "wanna": (("want", "to"),),
    "gotta": (("got", "to"),),
    "kinda": (("kind", "of"),),
    "cos": (("because",),),
    "cuz": (("because",),),
    "let's": (("let", "us"),),
    "ok": (("okay",),),
}
_CONTRACTED_ENDINGS = {
    "n't": ("not",),
    "'m": ("am",),
    "'re": ("are",),
    "'ve": ("have",),
    "'ll": ("will", "shall"),
    "'d": ("would", "had"),
    "'s": ("is", "has", "us"),
}
_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_BRITISH_AMERICAN = (
    ("colour", "color"),
    ("favour", "favor"),
    ("neighbour", "neighbor"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("centre", "center"),
    ("travelled", "traveled"),
    ("grey", "gray"),
)
_MAX_READINGS = 64


def sound_the_same(said: Sequence[str], corrected: Sequence[str]) -> bool:
    """Whether two sequences of tokens differ only in contractions, digits for number words, hyphens, spaces, or British
    and American spelling."""
    return bool(_readings(said) & _readings(corrected))


def _readings(tokens: Sequence[str]) -> set[str]:
    """All full forms, written without spaces: "i'm" and "i am" have one in common, so do "every day" and "everyday"."""
    choices = product(*map(_full_forms, tokens))
    return {_american("".join(choice).replace("'", "")) for choice in islice(choices, _MAX_READINGS)}


def _full_forms(token: str) -> tuple[str, ...]:
    found = [token, *("".join(words) for words in _FULL_FORMS.get(token, ()))]
    for ending, words in _CONTRACTED_ENDINGS.items():
        if token.endswith(ending) and len(token) > len(ending):
            found += [token.removesuffix(ending) + word for word in words]
    if token.isascii() and token.isdigit() and int(token) < len(_NUMBERS):
        found.append(_NUMBERS[int(token)])
    return tuple(found)


def _american(text: str) -> str:
    for british, american in _BRITISH_AMERICAN:
        text = text.replace(british, american)
    return text
