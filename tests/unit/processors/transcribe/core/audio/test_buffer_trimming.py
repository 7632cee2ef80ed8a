"""The buffer stays short, and no word is cut in two."""

from processors.transcribe.core.audio.buffer import AudioBuffer, AudioChunk
from processors.transcribe.core.audio.buffer_trimming import WindowLimits, trim
from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.policy import HypothesisBuffer, Policy
from schemas.words import Word
from tests.support.transcribe.core_values import LIMITS, text_of, word, words


def audio(start_ms: int, end_ms: int) -> AudioBuffer:
    return AudioBuffer(start_ms * 16, end_ms * 16, 0, (AudioChunk(0, bytes((end_ms - start_ms) * 32)),))


def with_unconfirmed(*unconfirmed: Word) -> Policy:
    return LocalAgreement(2, HypothesisBuffer(unconfirmed=unconfirmed, votes=(1,) * len(unconfirmed)))


def test_a_short_buffer_stays_as_it_is() -> None:
    buffer = audio(0, 5000)
    assert trim(buffer, with_unconfirmed(), words("hello"), LIMITS) == (buffer, with_unconfirmed(), ())


def test_the_cut_is_in_the_last_pause_with_silence_before_the_next_word() -> None:
    confirmed = (*words("one two", 500), *words("three", 2500))
    trimmed, _, flushed = trim(audio(0, 6000), with_unconfirmed(word("four", 5000, 5400)), confirmed, LIMITS)
    assert flushed == ()
    assert 4590 <= trimmed.start_ms <= 4610


def test_in_speech_without_a_pause_confirmed_words_stay_as_context() -> None:
    confirmed = words("a b c d e f g h", 0, each_ms=600)
    trimmed, policy, flushed = trim(audio(0, 6000), with_unconfirmed(word("i", 4800, 5400)), confirmed, LIMITS)
    assert (flushed, text_of(policy.unconfirmed)) == ((), "i")
    assert confirmed[5].start_ms <= trimmed.start_ms <= confirmed[5].start_ms + 2


def test_silence_is_removed_except_its_newest_part() -> None:
    trimmed, _, flushed = trim(audio(0, 6000), with_unconfirmed(), (), LIMITS)
    assert (trimmed.start_ms, flushed) == (4000, ())


def test_silence_before_the_first_word_is_removed() -> None:
    trimmed, policy, _ = trim(audio(0, 6000), with_unconfirmed(word("well", 3500, 4000)), (), LIMITS)
    assert (trimmed.start_ms, text_of(policy.unconfirmed)) == (3100, "well")


def test_words_that_are_never_confirmed_are_flushed_before_their_audio_is_removed() -> None:
    unconfirmed = words("a b c d e f g h i j k l m n o p", 0, each_ms=600)
    trimmed, policy, flushed = trim(audio(0, 9800), with_unconfirmed(*unconfirmed), (), LIMITS)
    assert text_of(flushed) + " " + text_of(policy.unconfirmed) == text_of(unconfirmed)
    assert trimmed.end_ms - trimmed.start_ms <= LIMITS.longest_ms - LIMITS.step_ms
    assert trimmed.start_ms <= policy.unconfirmed[0].start_ms


def test_one_endless_word_does_not_keep_the_buffer_long() -> None:
    trimmed, _, flushed = trim(audio(0, 9500), with_unconfirmed(word("aaah", 0, 9500)), (), LIMITS)
    assert text_of(flushed) == "aaah"
    assert trimmed.end_ms - trimmed.start_ms <= 9000


def test_limits_follow_the_model() -> None:
    assert WindowLimits.for_model(30_000, trim_ms=0, step_ms=1000) == WindowLimits(30_000, trim_ms=15_000, step_ms=1000)
