"""Which parts are speech, from the detector's probabilities."""

from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.audio.vad import NO_SPEECH, STEP_MS, SpeechSegment, VadOptions, VadSegments

OPTIONS = VadOptions(
    threshold=0.5,
    neg_threshold=0.3,
    min_speech_ms=2 * STEP_MS,
    min_silence_ms=3 * STEP_MS,
    pad_before_ms=100,
    pad_after_ms=50,
    endpointing_ms=10 * STEP_MS,
)
LOW, BETWEEN, HIGH = 0.1, 0.4, 0.9
PROBABILITIES = st.lists(st.sampled_from([LOW, BETWEEN, HIGH, HIGH]), max_size=60)


def segments_of(*probabilities: float) -> VadSegments:
    return NO_SPEECH.extended(probabilities, OPTIONS)


def test_speech_begins_where_it_was_first_likely_and_ends_where_it_was_first_unlikely() -> None:
    vad = segments_of(LOW, HIGH, HIGH, HIGH, LOW, LOW, LOW)
    assert (vad.segments, vad.speaking) == ((SpeechSegment(STEP_MS, 4 * STEP_MS),), False)


def test_a_click_is_not_speech() -> None:
    assert segments_of(LOW, HIGH, LOW, LOW).segments == ()


def test_a_short_silence_is_part_of_a_word() -> None:
    vad = segments_of(HIGH, HIGH, LOW, LOW, HIGH, HIGH)
    assert (vad.segments, vad.speaking) == ((SpeechSegment(0, 6 * STEP_MS),), True)


def test_between_the_thresholds_nothing_changes() -> None:
    assert segments_of(*[BETWEEN] * 10).segments == ()
    assert segments_of(HIGH, HIGH, *[BETWEEN] * 10).segments == (SpeechSegment(0, 12 * STEP_MS),)


def test_an_utterance_ends_with_enough_silence_after_speech() -> None:
    assert not segments_of(*[LOW] * 20).utterance_ended(OPTIONS)
    assert not segments_of(HIGH, HIGH, *[LOW] * 9).utterance_ended(OPTIONS)
    assert segments_of(HIGH, HIGH, *[LOW] * 10).utterance_ended(OPTIONS)
    assert not segments_of(HIGH, HIGH, *[LOW] * 10, HIGH, HIGH).utterance_ended(OPTIONS)


def test_speech_reaches_as_far_as_its_padding() -> None:
    vad = segments_of(HIGH, HIGH, *[LOW] * 5)
    assert vad.speech_after(2 * STEP_MS + 49, OPTIONS)
    assert not vad.speech_after(2 * STEP_MS + 50, OPTIONS)


def test_what_may_become_speech_counts_as_speech() -> None:
    assert segments_of(LOW, LOW, HIGH).speech_after(5000, OPTIONS)


def test_padding_before_speech_does_not_reach_into_the_speech_before() -> None:
    vad = segments_of(HIGH, HIGH, *[LOW] * 4, HIGH, HIGH)
    assert vad.next_speech_ms(2 * STEP_MS, OPTIONS) == 6 * STEP_MS - 100
    close = segments_of(HIGH, HIGH, *[LOW] * 3, HIGH, HIGH)
    assert close.next_speech_ms(2 * STEP_MS, OPTIONS) == 2 * STEP_MS


def test_without_speech_the_newest_audio_is_kept() -> None:
    assert segments_of(*[LOW] * 10).next_speech_ms(0, OPTIONS) == 10 * STEP_MS - 100


def test_past_segments_are_forgotten_except_the_last() -> None:
    vad = segments_of(HIGH, HIGH, *[LOW] * 4, HIGH, HIGH, *[LOW] * 4)
    assert vad.since(100).segments == vad.since(5000).segments == (SpeechSegment(6 * STEP_MS, 8 * STEP_MS),)
    assert vad.since(0) == vad


@given(PROBABILITIES)
def test_likely_speech_of_the_minimum_length_is_always_inside_a_segment(probabilities: list[float]) -> None:
    vad = segments_of(*probabilities)
    for step in range(1, len(probabilities)):
        if probabilities[step - 1] == probabilities[step] == HIGH:
            assert any(
                segment.start_ms <= (step - 1) * STEP_MS and (step + 1) * STEP_MS <= segment.end_ms
                for segment in vad.segments
            )


@given(PROBABILITIES)
def test_segments_are_in_order_long_enough_and_apart(probabilities: list[float]) -> None:
    vad = segments_of(*probabilities)
    ends = [0]
    for segment in vad.segments:
        assert segment.end_ms - segment.start_ms >= OPTIONS.min_speech_ms
        ends += [segment.start_ms, segment.end_ms]
    assert ends == sorted(ends)
    assert ends[-1] <= vad.until_ms == len(probabilities) * STEP_MS


@given(PROBABILITIES, st.integers(0, 60))
def test_the_split_of_the_audio_does_not_matter(probabilities: list[float], cut: int) -> None:
    assert segments_of(*probabilities[:cut]).extended(probabilities[cut:], OPTIONS) == segments_of(*probabilities)
