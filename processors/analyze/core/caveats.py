"""What a reader should know of a report's limits, in sentences."""

from collections.abc import Sequence

from processors.analyze.core.answers import SpokenSession
from processors.analyze.core.assessment import Assessments, GrammarFindings
from schemas.sessions import EndCause
from schemas.transcripts import SessionTranscribed

RECOGNISER = (
    "The transcript was made by a speech recogniser, which may mishear words, correct grammar and leave out fillers "
    "and repetitions: errors that it corrected are not in this report."
)
RULES_ALONE = "The errors were found by grammar rules, which miss many errors."
MODEL_MAY_ERR = "Verdicts, explanations and improved answers are a language model's, which can be wrong."
NOT_MARKED = "It is not known which question was being answered, so no answer was compared with its question."
TRUNCATED = "Some answers were too long for the language model: it judged only their beginning."
SOME_NOT_ASSESSED = "The language model did not judge every answer: the others were only checked by grammar rules."
SOME_UNCLEAR = "Some answers were not heard well enough to be judged; advice on this is given with each of them."
_ENDED = {
    EndCause.IDLE: "The session ended because the connection was lost: anything said later is missing.",
    EndCause.LENGTH: "The session reached its maximum length: anything said later is missing.",
    EndCause.EXPIRED: "The session ended because its token expired: anything said later is missing.",
}


def caveats(
    session: SessionTranscribed,
    spoken: SpokenSession,
    grammar: GrammarFindings | None,
    assessments: Assessments | None,
    unverified_quotes: int,
    outages: Sequence[str],
) -> tuple[str, ...]:
    """`outages`: sentences about services that did not answer."""
    sentences = [RECOGNISER]
    if ended := _ENDED.get(session.ended_by):
        sentences.append(ended)
    if spoken.has_words and spoken.questions and not spoken.marked:
        sentences.append(NOT_MARKED)
    if spoken.usable_answers and any(answer.words and not answer.usable for answer in spoken.answers):
        sentences.append(SOME_UNCLEAR)
    sentences += outages
    if assessments:
        sentences.append(MODEL_MAY_ERR)
        sentences += [TRUNCATED] if assessments.truncated else []
        sentences += [SOME_NOT_ASSESSED] if None in assessments.answers else []
    elif grammar:
        sentences.append(RULES_ALONE)
    if unverified_quotes:
        sentences.append(_unverified(unverified_quotes))
    return tuple(sentences)


def _unverified(count: int) -> str:
    if count == 1:
        return "1 remark was left out because it quoted words that were not said."
    return f"{count} remarks were left out because they quoted words that were not said."
