"""A report says what it does not know."""

import pytest

from processors.analyze.core import caveats as texts
from processors.analyze.core.answers import spoken_session
from processors.analyze.core.assessment import AnswerAssessment, Assessments, GrammarFindings, LlmUsage
from processors.analyze.core.caveats import caveats
from schemas.reports import Verdict
from schemas.sessions import EndCause
from schemas.transcripts import SessionTranscribed
from tests.support.analyze.sessions import transcribed

SAID = "i like the river very much."
GRAMMAR = GrammarFindings("LanguageTool 6.6", ((),))
ASSESSED = AnswerAssessment(Verdict.ANSWERED, "It fits.", ())


def assessments(*answers: AnswerAssessment | None, truncated: bool = False) -> Assessments:
    return Assessments("llama", answers, LlmUsage(), "answer-v1", truncated)


def caveats_of(
    session: SessionTranscribed,
    grammar: GrammarFindings | None = GRAMMAR,
    assessed: Assessments | None = None,
    unverified: int = 0,
    outages: tuple[str, ...] = (),
) -> tuple[str, ...]:
    return caveats(session, spoken_session(session, 0.5), grammar, assessed, unverified, outages)


def test_every_report_warns_of_the_recogniser_and_of_what_judged() -> None:
    assert caveats_of(transcribed(SAID)) == (texts.RECOGNISER, texts.RULES_ALONE)
    assert caveats_of(transcribed(SAID), assessed=assessments(ASSESSED)) == (texts.RECOGNISER, texts.MODEL_MAY_ERR)
    assert caveats_of(transcribed(SAID), grammar=None, outages=("No checker.",)) == (texts.RECOGNISER, "No checker.")


@pytest.mark.parametrize("cause", [EndCause.IDLE, EndCause.LENGTH, EndCause.EXPIRED])
def test_a_session_that_its_speaker_did_not_end_may_lack_words(cause: EndCause) -> None:
    _, ended, *_ = caveats_of(transcribed(SAID, ended_by=cause))
    assert "anything said later is missing" in ended


def test_answers_without_marks_were_not_compared_with_their_questions() -> None:
    assert texts.NOT_MARKED in caveats_of(transcribed(SAID, question=[None]))
    assert texts.NOT_MARKED not in caveats_of(transcribed())


def test_unclear_answers_are_mentioned_only_beside_clear_ones() -> None:
    unclear = ("mumble", "mumble.")
    assert texts.SOME_UNCLEAR in caveats_of(transcribed(SAID, "mumble mumble mumble.", unsure=unclear))
    assert texts.SOME_UNCLEAR not in caveats_of(transcribed("mumble mumble mumble.", unsure=unclear))


def test_a_models_gaps_are_named() -> None:
    found = caveats_of(transcribed(SAID, SAID), assessed=assessments(ASSESSED, None, truncated=True))
    assert found[1:] == (texts.MODEL_MAY_ERR, texts.TRUNCATED, texts.SOME_NOT_ASSESSED)


@pytest.mark.parametrize(("count", "begins"), [(1, "1 remark was"), (2, "2 remarks were")])
def test_remarks_that_quoted_what_was_not_said_are_counted(count: int, begins: str) -> None:
    assert caveats_of(transcribed(SAID), unverified=count)[-1].startswith(begins)
