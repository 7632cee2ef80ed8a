import json
from itertools import pairwise
from pathlib import Path

import pytest

from bench.speech_streams import bundled_speech, joined, mixed, read_speech
from bench.workload import Workload
from client.recording import UnreadableRecording
from tests.support.audio.speech import bundled, write_wav


def test_a_stream_is_the_same_on_every_run() -> None:
    assert mixed(3, 62.0) == mixed(3, 62.0)


@pytest.mark.parametrize("number", range(16))
def test_streams_are_about_as_long_as_wanted_and_their_words_in_order(number: int) -> None:
    one = mixed(number, 62.0)

    assert 50 < one.seconds < 72
    assert all(word.start_s <= word.end_s <= one.seconds for word in one.words)
    assert all(before.start_s <= after.start_s for before, after in pairwise(one.words))


def test_neighbours_begin_differently() -> None:
    beginnings = {mixed(number, 62.0).pcm[:64_000] for number in range(8)}

    assert len(beginnings) == 8


def test_silence_moves_the_words_behind_it() -> None:
    near, far = joined("near", "sentence_1"), joined("far", 2.0, "sentence_1")

    assert far.seconds == pytest.approx(near.seconds + 2)
    assert far.words[0].start_s == pytest.approx(near.words[0].start_s + 2)


def test_each_bundled_recording_is_a_stream_of_its_own() -> None:
    streams = bundled_speech().whole()

    assert len(streams) == len(bundled_speech().recordings)
    assert streams[0].text == "my father cleaned my room because she was interesting"


@pytest.fixture
def learners(tmp_path: Path) -> Path:
    """Two speakers with two and one sentences, without the times of words."""
    lines = [("ann", "a1", "sentence_1"), ("bob", "b1", "sentence_3"), ("ann", "a2", "sentence_2")]
    manifest = []
    for speaker, name, sentence in lines:
        write_wav(tmp_path / f"{name}.wav", bundled(sentence))
        manifest.append({"file": f"{name}.wav", "speaker": speaker, "text": f"SENTENCE {name.upper()}"})
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, manifest)), encoding="utf-8")
    return tmp_path


def test_the_sentences_of_a_speaker_are_joined_with_a_second_of_silence(learners: Path) -> None:
    ann, bob = read_speech(learners).whole()

    assert (ann.text, bob.text) == ("sentence a1 sentence a2", "sentence b1")
    parts = [bundled(name).seconds for name in ("sentence_1", "sentence_2")]
    assert ann.seconds == pytest.approx(sum(parts) + 1)


def test_words_without_times_are_spread_over_the_audible_part(learners: Path) -> None:
    first, second, third, _ = read_speech(learners).whole()[0].words
    sentence_s = bundled("sentence_1").seconds

    assert 0.1 < first.start_s < first.end_s == second.start_s < second.end_s < sentence_s
    assert third.start_s > sentence_s + 1
    assert (read_speech(learners).word_times, bundled_speech().word_times) == ("estimated", "given")


def test_a_stream_repeats_a_speakers_sentences_until_it_is_long_enough(learners: Path) -> None:
    speech = read_speech(learners)

    assert 20 < speech.stream(0, 30.0).seconds <= 30
    assert speech.stream(0, 30.0).text.startswith("sentence a1 sentence a2 sentence a1")
    assert speech.stream(1, 30.0).text.startswith("sentence b1 sentence b1")
    assert speech.stream(2, 30.0).text.startswith("sentence a2"), "a third stream begins elsewhere"


def test_a_folder_whose_words_are_unknown_is_an_error(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", bundled("sentence_1"))

    with pytest.raises(UnreadableRecording):
        read_speech(tmp_path)


def test_results_of_another_workload_have_a_file_of_their_own(learners: Path) -> None:
    assert Workload().result_file("delay").name == "delay.json"
    assert Workload(speech_folder=learners).result_file("delay").name == f"delay-whisper-micro-{learners.name}.json"
    assert Workload(speech_folder=learners).conditions()["speech"] == learners.name
