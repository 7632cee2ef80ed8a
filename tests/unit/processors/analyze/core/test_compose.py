"""The composed report."""

import pytest

from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.core import caveats
from processors.analyze.core.answers import spoken_session
from processors.analyze.core.assessment import (
    AnswerAssessment,
    Assessments,
    Finding,
    GrammarFindings,
    LlmUsage,
    SessionSummary,
)
from processors.analyze.core.compose import NO_MODEL, compose, draft, unusable_report
from schemas.reports import ErrorType, Problem, Report, Suggestion, Verdict
from schemas.sessions import EndCause
from schemas.transcripts import SessionTranscribed
from tests.support.analyze.sessions import transcribed

MIN_PROBABILITY = 0.5
LESSONS = read_curriculum()
GOES = Finding("she go home", "she goes home", "She goes.", ErrorType.AGREEMENT)
NOBODY_SAID = Finding("elephants was dancing", "elephants were dancing", "They were.", ErrorType.AGREEMENT)
FITS = AnswerAssessment(Verdict.ANSWERED, "It fits.", (GOES,), "She goes home.")
POLISH = (
    "mieszkam w warszawie razem z rodzicami oraz siostrą którzy pracują w szkole codziennie "
    "kiedy mam wolny czas chodzę nad rzekę albo czytam książki"
)


def report_of(
    session: SessionTranscribed,
    *answers: AnswerAssessment | None,
    rules: tuple[Finding, ...] | None = (GOES,),
    summary: SessionSummary | None = None,
) -> Report:
    spoken = spoken_session(session, MIN_PROBABILITY)
    grammar = None if rules is None else GrammarFindings("LanguageTool 6.6", (rules,) * len(spoken.usable_answers))
    usage = LlmUsage(len(answers), 100, 10, 500)
    assessments = Assessments("llama", answers, usage, "answer-v1") if answers else None
    made = draft(session, spoken, grammar, assessments, MIN_PROBABILITY)
    return compose(session, spoken, made, grammar, assessments, summary, LESSONS)


def test_answers_have_their_questions() -> None:
    answer = report_of(transcribed("she go home.")).answers[0]
    assert (answer.question, answer.question_text) == (1, "What do you like about number 1?")
    assert (answer.transcript, answer.verdict) == ("she go home.", Verdict.NOT_JUDGED)
    assert [error.correction for error in answer.errors] == ["she goes home"]
    assert answer.improved == "She goes home."


def test_questions_without_an_answer_have_a_row() -> None:
    report = report_of(transcribed("she go home.", "", question=[2, 5]))
    assert [answer.question for answer in report.answers] == [2, 5, 1, 3, 4, 6, 7, 8, 9, 10]
    assert {answer.verdict for answer in report.answers[1:]} == {Verdict.NOT_ANSWERED}
    silent, left_out = report.answers[1:3]
    assert silent.quality is not None
    assert left_out.quality is not None
    assert "microphone" in silent.quality.advice
    assert not left_out.quality.advice


def test_without_marks_no_question_counts_as_unanswered() -> None:
    report = report_of(transcribed("she go home.", question=[None]))
    assert len(report.answers) == 1
    assert caveats.NOT_MARKED in report.limits


def test_without_a_model_the_summary_counts_words_and_errors() -> None:
    report = report_of(transcribed("she go home.", unsure=["home."]))
    assert "3 words in 1 answer" in report.summary
    assert report.summary.endswith("1 error found.")
    assert report_of(transcribed("so she go home again.", unsure=["go"])).summary.endswith(
        "No errors found, and 1 that may have been misheard."
    )


def test_uncertain_errors_lead_to_no_suggestion() -> None:
    certain = report_of(transcribed("so she go home again."))
    uncertain = report_of(transcribed("so she go home again.", unsure=["go"]))
    assert any("agree" in suggestion.title for suggestion in certain.practise)
    assert not any("agree" in suggestion.title for suggestion in uncertain.practise)
    assert uncertain.answers[0].errors[0].uncertain
    assert uncertain.answers[0].improved is None


def test_an_error_found_by_model_and_rules_is_sure() -> None:
    report = report_of(transcribed("she go home."), FITS)
    [error] = report.answers[0].errors
    assert error.sure
    assert (report.engine, report.model, report.answers[0].verdict) == ("llm", "llama", Verdict.ANSWERED)
    assert caveats.MODEL_MAY_ERR in report.limits
    assert report.provenance is not None
    assert (report.provenance.rules, report.provenance.prompts) == ("LanguageTool 6.6", ("answer-v1",))
    assert (report.provenance.calls, report.provenance.prompt_tokens, report.provenance.model_ms) == (1, 100, 500)


def test_an_answer_without_an_assessment_is_not_judged_but_checked() -> None:
    report = report_of(transcribed("she go home.", "so she go home."), FITS, None)
    assert [answer.verdict for answer in report.answers[:2]] == [Verdict.ANSWERED, Verdict.NOT_JUDGED]
    assert [len(answer.errors) for answer in report.answers[:2]] == [1, 1]
    assert caveats.SOME_NOT_ASSESSED in report.limits


def test_unverified_quotes_are_dropped_and_mentioned() -> None:
    assessment = AnswerAssessment(Verdict.ANSWERED, "It fits.", (GOES, NOBODY_SAID, NOBODY_SAID))
    report = report_of(transcribed("she go home."), assessment)
    assert len(report.answers[0].errors) == 1
    assert any("2 remarks were left out" in limit for limit in report.limits)
    assert "elephants" not in report.model_dump_json()


def test_the_models_summary_and_suggestions_are_preferred() -> None:
    practise = (Suggestion(title="Verbs", reason="They agree."),)
    summary = SessionSummary("Well done.", practise, LlmUsage(1, 50, 5, 250), "summary-v1")
    report = report_of(transcribed("she go home."), FITS, summary=summary)
    assert (report.summary, report.practise) == ("Well done.", practise)
    assert report.provenance is not None
    assert (report.provenance.calls, report.provenance.prompt_tokens) == (2, 150)


def test_without_model_and_checker_there_are_only_measures() -> None:
    report = report_of(transcribed("she go home.", "yes."), rules=None)
    assert (report.engine, report.model) == ("rules", NO_MODEL)
    assert {answer.verdict for answer in report.answers[:2]} == {Verdict.NOT_JUDGED}
    assert report.measures.words == 4
    assert "found" not in report.summary


def test_an_unusable_answer_is_not_judged_and_has_advice() -> None:
    session = transcribed("she go home.", "we swim in a river.", unsure=["we", "swim", "in", "a"])
    report = report_of(session, FITS)
    bad = report.answers[1]
    assert (bad.verdict, bad.errors) == (Verdict.NOT_UNDERSTOOD, ())
    assert bad.quality is not None
    assert (bad.quality.level, bad.quality.problems) == ("unusable", (Problem.UNSURE_WORDS,))
    assert "microphone" in bad.quality.advice
    assert caveats.SOME_UNCLEAR in report.limits
    assert report.usable


@pytest.mark.parametrize(
    ("session", "said", "verdicts"),
    [
        (transcribed(), "No words were heard", []),
        (transcribed("", ""), "No words were heard", []),
        (transcribed(POLISH), "not about you", [Verdict.NOT_UNDERSTOOD]),
        (transcribed("we swim often.", unsure=["we", "swim"]), "not about you", [Verdict.NOT_UNDERSTOOD]),
        (transcribed("um. hmm.", question=[None]), "not about you", [Verdict.NOT_ANSWERED]),
    ],
)
def test_an_unusable_session_gets_a_short_kind_report(
    session: SessionTranscribed, said: str, verdicts: list[Verdict]
) -> None:
    spoken = spoken_session(session, MIN_PROBABILITY)
    assert not spoken.usable_answers
    report = unusable_report(session, spoken, LESSONS)
    assert said in report.summary
    assert not report.usable
    assert [answer.verdict for answer in report.answers[:1]] == verdicts
    assert all(answer.errors == () for answer in report.answers)
    [advice] = report.practise
    assert advice.lesson is not None
    assert advice.lesson.id == "microphone"


@pytest.mark.parametrize("cause", list(EndCause))
def test_an_unusual_end_of_the_session_is_mentioned(cause: EndCause) -> None:
    sentences = report_of(transcribed("she go home.", ended_by=cause)).limits
    assert any("The session" in limit for limit in sentences) is (cause is not EndCause.CLIENT)
    assert "correct grammar and leave out fillers" in sentences[0]
