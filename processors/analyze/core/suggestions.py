"""What to practise next, from what was found and measured."""

from collections import Counter
from collections.abc import Iterable

from processors.analyze.core.judgement import Kind
from schemas.reports import Measures, Suggestion

MOST = 4
_FEW_WORDS = 30
"""With fewer words, pace and pauses say nothing yet."""
_SLOW_WPM = 90.0
_FAST_WPM = 190.0
_PAUSE_SHARE = 0.35
_FILLERS_PER_100 = 5.0
_LOW_DIVERSITY = 0.6
_WORDS_PER_ANSWER = 15

_TITLES = {
    Kind.AGREEMENT: "Verbs that agree with their subject",
    Kind.TENSE: "The tense of a story",
    Kind.VERB_FORM: "Forms of verbs",
    Kind.ARTICLE: "Articles: a, an, the",
    Kind.PREPOSITION: "Prepositions",
    Kind.PLURAL: "Singular and plural",
    Kind.PRONOUN: "Pronouns",
    Kind.WORD_ORDER: "The order of words",
    Kind.WORD_CHOICE: "Words that are easily confused",
    Kind.MISSING_WORD: "Small words that go missing",
    Kind.EXTRA_WORD: "Words that are not needed",
    Kind.OTHER: "Grammar of everyday sentences",
}


def suggest(kinds: Iterable[Kind], measures: Measures, answers: int) -> tuple[Suggestion, ...]:
    """The kinds of error that occurred most (`kinds`: one entry for each error that counts), then what the measures
    show. At least one."""
    found = [
        Suggestion(title=_TITLES[kind], reason=f"You made {count} errors of this kind.")
        if count > 1
        else Suggestion(title=_TITLES[kind], reason="You made one error of this kind.")
        for kind, count in Counter(kinds).most_common(MOST - 1)
    ]
    found += _from_measures(measures, answers)
    return tuple(found[:MOST]) or (
        Suggestion(title="A harder topic", reason="Nothing stood out this time: try one that you know less well."),
    )


def _from_measures(measures: Measures, answers: int) -> list[Suggestion]:
    words = measures.words
    found = []
    if answers and words / answers < _WORDS_PER_ANSWER:
        found.append(
            Suggestion(title="Longer answers", reason=f"You said {words / answers:.0f} words per answer: add a reason.")
        )
    if words < _FEW_WORDS:
        return found
    speaking_ms = words / measures.words_per_minute * 60_000 if measures.words_per_minute else 0
    if measures.fillers * 100 / words > _FILLERS_PER_100:
        found.append(
            Suggestion(title="Silence in place of um", reason=f"You used {measures.fillers} fillers: pause instead.")
        )
    if speaking_ms and measures.pause_ms / speaking_ms > _PAUSE_SHARE:
        seconds = measures.pause_ms / 1000
        found.append(
            Suggestion(
                title="Speaking in longer runs", reason=f"Your pauses took {seconds:.0f} s: plan a sentence ahead."
            )
        )
    if 0 < measures.words_per_minute < _SLOW_WPM:
        pace = f"{measures.words_per_minute:.0f} words a minute"
        found.append(Suggestion(title="A livelier pace", reason=f"You spoke {pace}: repeat an easy answer faster."))
    if measures.words_per_minute > _FAST_WPM:
        pace = f"{measures.words_per_minute:.0f} words a minute"
        found.append(Suggestion(title="A calmer pace", reason=f"You spoke {pace}: leave room between sentences."))
    if measures.lexical_diversity is not None and measures.lexical_diversity < _LOW_DIVERSITY:
        found.append(
            Suggestion(title="New words for old ones", reason="You used the same words often: look for others.")
        )
    return found
