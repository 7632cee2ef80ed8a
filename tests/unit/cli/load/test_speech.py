from pathlib import Path

from cli.load.speech import bundled, spoken_audio
from client.recording import Recording
from client.spoken_recording import SpokenRecording
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE


def text(seconds: float, words: str | None, sound: bytes = b"\1\0") -> SpokenRecording:
    return SpokenRecording(Recording(Path("a.wav"), sound * int(seconds * SAMPLE_RATE)), words)


def test_recordings_follow_each_other_while_they_fit_and_silence_fills_the_rest() -> None:
    said = spoken_audio([text(2, "one two"), text(5, "never fits"), text(1, "three")], 5.5, 0)

    assert said.text == "one two three"
    assert said.seconds == 5.5
    assert said.pcm.endswith(bytes(SAMPLE_RATE * SAMPLE_BYTES * 3 // 2))


def test_speakers_begin_with_different_recordings() -> None:
    texts = [text(1, "a"), text(1, "b"), text(1, "c")]

    assert [spoken_audio(texts, 1.0, number).text for number in range(4)] == ["a", "b", "c", "a"]


def test_a_recording_longer_than_the_session_is_cut_and_its_words_unknown() -> None:
    said = spoken_audio([text(10, "too long")], 2.5, 0)

    assert (said.seconds, said.text) == (2.5, None)


def test_one_unknown_recording_makes_the_whole_unknown() -> None:
    assert spoken_audio([text(1, "a"), text(1, None)], 5.0, 0).text is None


def test_the_bundled_recordings_have_their_words() -> None:
    assert all(each.text for each in bundled())
    assert spoken_audio(bundled(), 20.0, 0).text
