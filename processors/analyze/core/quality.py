"""How well an answer was heard: whether it can be judged at all, and what to do if not."""

from collections.abc import Sequence

from processors.analyze.core.words import said_words, token, word_set
from schemas.reports import Problem, Quality
from schemas.words import Word

UNUSABLE_SHARE = 0.5
"""With more unsure words than this, an answer is not judged."""
POOR_SHARE = 0.25
SHORT_WORDS = 3
"""With fewer words there is no sentence to judge; the answer itself ("Yes, often") may still be judged."""
_LANGUAGE_WORDS = 20
"""With fewer words the language cannot be told: "bread, cheese, milk, rice" may well be an answer."""
_LEAST_COMMON_SHARE = 0.12
_LEAST_LATIN_SHARE = 0.8
# The commonest words of spoken English. A half of all that anybody says is made of them; in another language, written
# down by an English recogniser, hardly any come up.
_COMMON = word_set(
    "the a an and or but so because if that this these those there here i you he she it we they me him her us them my "
    "your his its our their am is are was were be been do does did don't have has had can could will would should not "
    "no yes to of in on at for with from by about up out very then than when where who what why how all some any many "
    "much more like go get say think know want see come make one two it's i'm"
)

_MICROPHONE = "Speak closer to the microphone, in a quiet room, and try again."
_ADVICE = {
    Problem.NO_SPEECH: "Check that the right microphone is chosen and switched on.",
    Problem.TOO_SHORT: "Say a whole sentence or two.",
    Problem.UNSURE_WORDS: f"Many words could not be made out. {_MICROPHONE}",
    Problem.WRONG_LANGUAGE: f"This did not sound like English. Answer in English; if you did: {_MICROPHONE}",
}


def quality_of(words: Sequence[Word], floor: float) -> Quality:
    """`floor`: words with a lower probability are unsure."""
    said = said_words(words)
    if not said:
        return _quality("unusable", 0.0, Problem.NO_SPEECH)
    share = sum(word.probability < floor for word in said) / len(said)
    if _reads_foreign([token(word.text) for word in said]):
        return _quality("unusable", share, Problem.WRONG_LANGUAGE)
    if share > UNUSABLE_SHARE:
        return _quality("unusable", share, Problem.UNSURE_WORDS)
    problems = [Problem.UNSURE_WORDS] if share > POOR_SHARE else []
    problems += [Problem.TOO_SHORT] if len(said) < SHORT_WORDS else []
    return _quality("poor" if problems else "good", share, *problems)


def _quality(level: str, share: float, *problems: Problem) -> Quality:
    return Quality.model_validate(
        {
            "level": level,
            "unsure_share": round(share, 3),
            "problems": problems,
            "advice": " ".join(_ADVICE[problem] for problem in problems),
        }
    )


def _reads_foreign(heard: Sequence[str]) -> bool:
    letters = [char for found in heard for char in found if char.isalpha()]
    if letters and sum(char.isascii() for char in letters) / len(letters) < _LEAST_LATIN_SHARE:
        return True
    if len(heard) < _LANGUAGE_WORDS:
        return False
    return sum(found in _COMMON for found in heard) / len(heard) < _LEAST_COMMON_SHARE
