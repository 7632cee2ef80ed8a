"""A model's free text, reduced to what it was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.model_output import MAX_EXPLANATION_CHARS, clean_explanation, clean_sentences


@pytest.mark.parametrize(
    ("text", "max_sentences", "kept"),
    [
        ("One. Two. Three.", 2, "One. Two."),
        ("It fits.", 1, "It fits."),
        ("See http://x.example for more. It fits.", 2, "It fits."),
        ("<b>Well done</b>. It fits.", 1, "It fits."),
        ("As an AI I must say so. It fits.", 1, "It fits."),
        ("Say \"is\", not \"am\". Then stop.", 1, "Say \"is\", not \"am\"."),
        ("no end", 1, "no end"),
        ("a\u0000b\u202ec", 1, "a b c"),
        ("", 1, ""),
    ],
)  # fmt: skip
def test_only_the_first_plain_sentences_are_kept(text: str, max_sentences: int, kept: str) -> None:
    assert clean_sentences(text, max_sentences, 200) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('You should have used "goes". And you are great!', 'You should have used "goes".'),
        ("The verb must agree with its subject.", "The verb must agree with its subject."),
        ("You are the best speaker of all times!", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_an_explanation_of_something_else_is_dropped(text: str, kept: str) -> None:
    assert clean_explanation(text, "she go", "she goes") == kept


@given(st.text(max_size=1000))
def test_an_explanation_is_short_and_on_one_line(text: str) -> None:
    found = clean_explanation(text, "she go", "she goes")
    assert len(found) <= MAX_EXPLANATION_CHARS
    assert found.isprintable()
