"""Levels of audio, and what is done about a constant offset and about quiet speech."""

import numpy as np
import pytest

from processors.transcribe.core.audio.levels import SILENCE_DB, Samples, amplified, levels_db, samples_of

RATE = 16_000


def sine(amplitude: float, seconds: float = 1.0) -> Samples:
    return (amplitude * np.sin(2 * np.pi * 400 * np.arange(int(RATE * seconds)) / RATE)).astype(np.float32)


def pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes()


@pytest.mark.parametrize(("amplitude", "expected_db"), [(1.0, -3.0), (0.1, -23.0), (0.0, SILENCE_DB)])
def test_levels_are_in_decibels_below_full_scale(amplitude: float, expected_db: float) -> None:
    levels = levels_db(sine(amplitude))
    assert len(levels) == 100
    assert levels == pytest.approx(expected_db, abs=0.1)


@pytest.mark.parametrize(("samples", "levels"), [(0, 0), (1, 1), (160, 1), (161, 2)])
def test_incomplete_pieces_have_levels_too(samples: int, levels: int) -> None:
    given = samples_of(bytes(2 * samples))
    assert len(levels_db(given)) == levels
    assert len(amplified(given, levels_db(given))) == samples


def test_a_constant_offset_is_removed() -> None:
    shifted = samples_of(pcm(sine(0.1) + np.float32(0.2)))
    assert abs(float(shifted.mean())) < 1e-4
    assert levels_db(shifted) == pytest.approx(-23, abs=0.2)


def test_quiet_audio_is_amplified_and_other_audio_is_not() -> None:
    quiet, loud = sine(0.01), sine(0.3)
    assert float(np.median(levels_db(amplified(quiet, levels_db(quiet))))) == pytest.approx(-30, abs=0.2)
    assert amplified(loud, levels_db(loud)) is loud


def test_the_gain_is_bounded() -> None:
    faint = sine(0.0001)
    assert float(np.abs(amplified(faint, levels_db(faint))).max()) == pytest.approx(0.0001 * 10**1.5, rel=0.01)
