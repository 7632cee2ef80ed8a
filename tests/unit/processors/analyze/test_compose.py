"""The report, put together."""

import pytest

from processors.analyze.core.compose import NO_MODEL, compose, silent, unjudged
from processors.analyze.core.judgement import AnswerJudgement, Claim, Judgement, Kind
from schemas.reports import Suggestion, Verdict
from schemas.sessions import EndCause
from tests.support.sessions import transcribed

FLOOR = 0.5
GOES = Claim("she go home", "she goes home", "She goes.", Kind.AGREEMENT)
NOBODY_SAID = Claim("elephants was dancing", "elephants were dancing", "They were.", Kind.AGREEMENT)


def rules(*claims: Claim, engine: str = "rules", **fields: object) -> Judgement:
    answers = (AnswerJudgement(Verdict.NOT_JUDGED, "No model.", claims),)
    return Judgement(engine, "LanguageTool 6.6", answers, **fields)  # type: ignore[arg-type]  # narrowed by the tests


def test_answers_stand_beside_their_questions() -> None:
    report = compose(transcribed("she go home."), rules(GOES), FLOOR)
    [answer] = report.answers
    assert (answer.question, answer.question_text) == (1, "What do you like about number 1?")
    assert (answer.transcript, answer.verdict, answer.reason) == ("she go home.", Verdict.NOT_JUDGED, "No model.")
    assert [error.correction for error in answer.errors] == ["she goes home"]


def test_rules_sum_up_what_they_counted() -> None:
    report = compose(transcribed("she go home.", unsure=["go"]), rules(GOES), FLOOR)
    assert "3 words in 1 answer" in report.summary
    assert report.summary.endswith("found no errors, and 1 that may have been misheard.")
    assert compose(transcribed("she go home."), rules(GOES), FLOOR).summary.endswith("found 1 error.")


def test_uncertain_errors_are_nothing_to_practise() -> None:
    certain = compose(transcribed("she go home."), rules(GOES), FLOOR)
    uncertain = compose(transcribed("she go home.", unsure=["go"]), rules(GOES), FLOOR)
    assert any("agree" in suggestion.title for suggestion in certain.practise)
    assert not any("agree" in suggestion.title for suggestion in uncertain.practise)
    assert uncertain.answers[0].errors[0].uncertain


def test_misquotes_are_left_out_and_owned_up_to() -> None:
    report = compose(transcribed("she go home."), rules(GOES, NOBODY_SAID, NOBODY_SAID), FLOOR)
    assert len(report.answers[0].errors) == 1
    assert any("2 remarks were left out" in limit for limit in report.limits)
    assert "elephants" not in report.model_dump_json()


def test_a_models_own_words_come_before_ours() -> None:
    practise = (Suggestion(title="Verbs", reason="They agree."),)
    judged = rules(GOES, engine="llm", summary="Well done.", practise=practise, limits=("It may be wrong.",))
    report = compose(transcribed("she go home."), judged, FLOOR)
    assert (report.engine, report.summary, report.practise) == ("llm", "Well done.", practise)
    assert "It may be wrong." in report.limits


def test_with_nobody_to_judge_there_are_measures_and_no_guess() -> None:
    session = transcribed("she go home.", "yes.")
    report = compose(session, unjudged(session, "Nobody."), FLOOR)
    assert (report.engine, report.model) == ("rules", NO_MODEL)
    assert {answer.verdict for answer in report.answers} == {Verdict.NOT_JUDGED}
    assert report.measures.words == 4
    assert "found" not in report.summary


def test_a_silent_session_gets_a_short_kind_report() -> None:
    report = silent(transcribed())
    assert report.answers == ()
    assert report.measures.words == 0
    assert "microphone" in report.practise[0].title


@pytest.mark.parametrize("cause", list(EndCause))
def test_how_a_session_ended_is_said_where_it_matters(cause: EndCause) -> None:
    limits = compose(transcribed("she go home.", ended_by=cause), rules(GOES), FLOOR).limits
    assert any("session" in limit for limit in limits) is (cause is not EndCause.CLIENT)
    assert "recogniser" in limits[0]
