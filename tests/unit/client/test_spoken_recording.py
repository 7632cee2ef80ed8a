import json
from pathlib import Path

import pytest

from client.recording import UnreadableRecording
from client.spoken_recording import SpokenWord, read_spoken
from infra.samples import SPEECH
from tests.support.audio.speech import joined, write_wav


@pytest.mark.parametrize("text", ["what was said", None])
def test_a_recordings_words_stand_beside_it(tmp_path: Path, text: str | None) -> None:
    path = write_wav(tmp_path / "a.wav", joined("sentence_2"))
    if text is not None:
        path.with_suffix(".txt").write_text(text, encoding="utf-8")

    assert [spoken.text for spoken in read_spoken([path])] == [text]


def test_a_folder_gives_its_audio_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_wav(tmp_path / f"{name}.wav", joined("sentence_2"))
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")

    assert [spoken.text for spoken in read_spoken([tmp_path])] == ["a", "b"]


def test_a_manifest_names_recordings_and_speakers(tmp_path: Path) -> None:
    (tmp_path / "0036").mkdir()
    write_wav(tmp_path / "0036" / "1.wav", joined("sentence_2"))
    line = {"file": "0036/1.wav", "speaker": "0036", "age": 21, "text": "IT IS HARD"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")

    (spoken,) = read_spoken([tmp_path])

    assert (spoken.speaker, spoken.text, spoken.words) == ("0036", "IT IS HARD", ())
    assert spoken.recording.path == tmp_path / "0036" / "1.wav"


def test_the_bundled_recordings_have_words_with_times() -> None:
    first = read_spoken([SPEECH])[0]

    assert first.words[0] == SpokenWord("my", 0.3, 0.485)
    assert first.text == " ".join(word.text for word in first.words)


@pytest.mark.parametrize("manifest", ["not JSON", '{"text": "no file"}', None])
def test_a_folder_without_recordings_is_an_error(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.jsonl").write_text(manifest, encoding="utf-8")

    with pytest.raises(UnreadableRecording):
        read_spoken([tmp_path])
