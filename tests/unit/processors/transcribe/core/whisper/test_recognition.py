"""The thresholds that decoding must meet."""

import pytest

from processors.transcribe.core.whisper.recognition import DecodingThresholds, compression_ratio

THRESHOLDS = DecodingThresholds(compression_ratio=2.4, log_probability=-1.0, no_speech=0.6)
LOOP = "thank you very much. " * 12


@pytest.mark.parametrize(
    ("text", "log_probability", "no_speech", "accepted"),
    [
        ("i like apples and tea.", -0.3, 0.01, True),
        ("i like apples and tea.", -1.2, 0.01, False),
        (LOOP, -0.3, 0.01, False),
        ("thank you.", -1.2, 0.9, True),
        (LOOP, -0.3, 0.9, False),
        ("", -0.2, 0.9, True),
    ],
    ids=["good", "a guess", "a loop", "silence is not tried again", "a sure loop is", "nothing"],
)
def test_which_texts_are_accepted(text: str, log_probability: float, no_speech: float, accepted: bool) -> None:
    assert THRESHOLDS.accept(text, log_probability, no_speech) is accepted


def test_repetition_compresses() -> None:
    assert compression_ratio(LOOP) > 2.4 > compression_ratio("the children are busy and the house is new.")
