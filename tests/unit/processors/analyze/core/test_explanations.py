"""Explanations generated from a correction."""

import pytest

from processors.analyze.core.explanations import explain


@pytest.mark.parametrize(
    ("quote", "correction", "explanation"),
    [
        ("she go", "she goes", "You should have used “goes” instead of “go”."),
        ("the the river", "the river", "You should have left out “the”."),
        ("go school", "go to school", "You should have said “to” before “school”."),
        ("we swim", "we swim there", "You should have said “there” after “swim”."),
        (
            "she go in school every days",
            "she goes to school every day",
            "You should have used “goes to” instead of “go in” and used “day” instead of “days”.",
        ),
        (
            "he eat a apples and go",
            "he eats apples and then goes",
            "You should have used “eats” instead of “eat a” and used “then goes” instead of “go”.",
        ),
        ("she goes", "she goes", ""),
    ],
)
def test_the_sentence_says_what_the_correction_changes(quote: str, correction: str, explanation: str) -> None:
    assert explain(quote.split(), correction.split()) == explanation
