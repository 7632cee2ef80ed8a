"""How well an answer was recognised: whether it can be assessed, and what the speaker can do if not."""

from collections.abc import Sequence

from processors.analyze.core.words import token, without_punctuation, word_set
from schemas.reports import Problem, Quality
from schemas.words import Word

UNUSABLE_SHARE = 0.5
"""With a larger share of unsure words, an answer is not assessed."""
POOR_SHARE = 0.25
SHORT_WORDS = 3
"""With fewer words there is no sentence to check; the answer itself ("Yes, often") can still be assessed."""
_LANGUAGE_WORDS = 20
"""With fewer words the language cannot be determined: "bread, cheese, milk, rice" may be a good answer."""
_MIN_COMMON_SHARE = 0.12
_MIN_LATIN_SHARE = 0.8
# The most common words of spoken English. They make up half of all speech; when an English recogniser transcribes
# another language, they are rare.
_COMMON_WORDS = word_set(
    "the a an and or but so because if that this these those there here i you he she it we they me him her us them my "
    "your his its our their am is are was were be been do does did don't have has had can could will would should not "
    "no yes to of in on at for with from by about up out very then than when where who what why how all some any many "
    "much more like go get say think know want see come make one two it's i'm"
)

_MICROPHONE = "Speak closer to the microphone, in a quiet room, and try again."
_ADVICE = {
    Problem.NO_SPEECH: "Check that the right microphone is selected and switched on.",
    Problem.TOO_SHORT: "Say a whole sentence or two.",
    Problem.UNSURE_WORDS: f"Many words could not be understood. {_MICROPHONE}",
    Problem.WRONG_LANGUAGE: f"This did not sound like English. Answer in English; if you did: {_MICROPHONE}",
}


def quality_of(words: Sequence[Word], min_probability: float) -> Quality:
    """`min_probability`: words recognised with a lower probability are unsure."""
    spoken = without_punctuation(words)
    if not spoken:
        return _quality("unusable", 0.0, Problem.NO_SPEECH)
    share = sum(word.probability < min_probability for word in spoken) / len(spoken)
    if not _reads_like_english([token(word.text) for word in spoken]):
        return _quality("unusable", share, Problem.WRONG_LANGUAGE)
    if share > UNUSABLE_SHARE:
        return _quality("unusable", share, Problem.UNSURE_WORDS)
    problems = [Problem.UNSURE_WORDS] if share > POOR_SHARE else []
    problems += [Problem.TOO_SHORT] if len(spoken) < SHORT_WORDS else []
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


def _reads_like_english(tokens: Sequence[str]) -> bool:
    letters = [char for found in tokens for char in found if char.isalpha()]
    if letters and sum(char.isascii() for char in letters) / len(letters) < _MIN_LATIN_SHARE:
        return False
    if len(tokens) < _LANGUAGE_WORDS:
        return True
    return sum(found in _COMMON_WORDS for found in tokens) / len(tokens) >= _MIN_COMMON_SHARE
