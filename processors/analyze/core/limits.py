"""What a report does not know, in sentences for its reader."""

from collections.abc import Sequence

from processors.analyze.core.heard import HeardSession
from processors.analyze.core.judgement import Checked, Judged
from schemas.sessions import EndCause
from schemas.transcripts import SessionTranscribed

RECOGNISER = (
    "The transcript was made by a speech recogniser, which may mishear words, mend grammar and leave out fillers and "
    "repetitions: errors that it mended are not in this report."
)
BY_RULES_ALONE = "The errors were found by grammar rules, which miss many errors."
BY_MODEL = "Verdicts, explanations and improved answers are a language model's, which can be wrong."
NOT_MARKED = "It is not known which question was being answered, so no answer was compared with its question."
CUT = "Some answers were too long for the language model: it judged only their beginning."
SOME_UNJUDGED = "The language model did not answer for every answer: those were checked by grammar rules alone."
SOME_UNCLEAR = "Some answers were not heard well enough to be judged; what to do about it stands beside them."
_ENDED = {
    EndCause.IDLE: "The session ended because the connection was lost: what was said later is not in it.",
    EndCause.LENGTH: "The session reached its greatest length: what was said later is not in it.",
    EndCause.EXPIRED: "The session ended because its token ran out: what was said later is not in it.",
}


def limits_of(
    session: SessionTranscribed,
    heard: HeardSession,
    checked: Checked | None,
    judged: Judged | None,
    misquoted: int,
    missed: Sequence[str],
) -> tuple[str, ...]:
    """`missed`: sentences about judges who could not be reached."""
    found = [RECOGNISER]
    if ended := _ENDED.get(session.ended_by):
        found.append(ended)
    if heard.spoken and heard.questions and not heard.marked:
        found.append(NOT_MARKED)
    if heard.usable and any(answer.words and not answer.usable for answer in heard.answers):
        found.append(SOME_UNCLEAR)
    found += missed
    if judged:
        found.append(BY_MODEL)
        found += [CUT] if judged.cut else []
        found += [SOME_UNJUDGED] if None in judged.answers else []
    elif checked:
        found.append(BY_RULES_ALONE)
    if misquoted:
        found.append(_misquoted(misquoted))
    return tuple(found)


def _misquoted(count: int) -> str:
    if count == 1:
        return "A remark was left out, because it quoted words that were not said."
    return f"{count} remarks were left out, because they quoted words that were not said."
