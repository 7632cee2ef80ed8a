import wave
from pathlib import Path

import av
import numpy as np
import pytest

from client.recording import UnreadableRecording, read_recording

TONE_HZ = 440


def tone(rate: int, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (10_000 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray[tuple[int], np.dtype[np.int16]], rate: int, channels: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).tobytes())


def test_a_wav_in_our_format_is_taken_as_it_is(tmp_path: Path) -> None:
    samples = tone(16_000, 0.3)
    write_wav(tmp_path / "a.wav", samples, 16_000, 1)

    recording = read_recording(tmp_path / "a.wav")

    assert recording.pcm == samples.tobytes()
    assert recording.seconds == pytest.approx(0.3)


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1), (8_000, 1), (16_000, 2)])
def test_any_other_wav_is_resampled_to_16_khz_mono(tmp_path: Path, rate: int, channels: int) -> None:
    write_wav(tmp_path / "a.wav", tone(rate, 1.0), rate, channels)

    recording = read_recording(tmp_path / "a.wav")

    assert recording.seconds == pytest.approx(1.0, abs=0.002)
    heard = np.frombuffer(recording.pcm, np.int16).astype(float)
    assert np.corrcoef(heard[1000:15_000], tone(16_000, 1.0)[1000:15_000])[0, 1] > 0.98


def test_a_compressed_file_is_decoded_to_its_last_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with av.open(str(path), "w") as container:
        track = container.add_stream("flac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(48_000, 0.5)[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(track.encode(frame))
        container.mux(track.encode(None))

    assert read_recording(path).seconds == pytest.approx(0.5, abs=0.002)


def test_a_file_that_is_cut_off_in_a_sample_loses_only_that(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, tone(16_000, 0.1), 16_000, 1)
    path.write_bytes(path.read_bytes()[:-1])

    assert read_recording(path).samples == 1599


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is not audio"), (b"\x00" * 400, "is not audio"), (None, "No such file")],
)
def test_what_is_not_audio_is_refused_with_a_hint(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UnreadableRecording, match=said) as caught:
        read_recording(path)

    assert caught.value.hint


def test_a_wav_without_a_sample_is_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(16_000, 0), 16_000, 1)

    with pytest.raises(UnreadableRecording, match="holds no sound"):
        read_recording(tmp_path / "a.wav")
