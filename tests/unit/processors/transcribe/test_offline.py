"""Sessions transcribed from their records, without a log to read and without anybody to send replies to."""

from processors.transcribe.offline import finals_of, session_log
from schemas.audio import FRAME_MS
from tests.support.transcribe.core_values import SILENT_FRAME
from tests.support.transcribe.offline_transcripts import (
    INFERENCE_MS,
    SAID,
    offline_transcriber,
    spoken_log,
    transcribed_offline,
)


async def test_a_session_is_returned_once_it_has_ended() -> None:
    transcriber, _ = offline_transcriber()
    *most, end = spoken_log("s-1", 12)

    assert await transcriber.feed(most) == []
    assert transcriber.unfinished == ("s-1",)
    (transcript,) = await transcriber.feed([end, *spoken_log("s-2", 4, ends=False, partition=1)])

    assert transcriber.unfinished == ("s-2",)
    assert [word.text for final in finals_of(transcript.transcribed) for word in final.words] == [
        word.text for word in SAID
    ]


async def test_delays_count_from_a_words_end_to_the_audio_that_made_it_final() -> None:
    transcript = await transcribed_offline()

    audio_ms = 11 * FRAME_MS + 100
    assert transcript.transcribed.audio_ms == audio_ms
    assert len(transcript.delays_ms) == len(SAID)
    # Two windows of a second agree on the first word, the newest words wait for the end.
    assert transcript.delays_ms[0] == 2000 - SAID[0].end_ms
    assert transcript.delays_ms[-1] == audio_ms - SAID[-1].end_ms
    pairs = zip(transcript.delays_with_inference_ms, transcript.delays_ms, strict=True)
    assert [whole - audio for whole, audio in pairs] == [INFERENCE_MS] * len(SAID)
    # One window per second, and the last one at the end.
    assert (transcript.windows, transcript.inference_ms) == (4, 4 * INFERENCE_MS)
    assert transcript.longest_window_ms == audio_ms


async def test_windows_of_several_sessions_share_a_batch_as_in_production() -> None:
    transcriber, recogniser = offline_transcriber()
    logs = [spoken_log(f"s-{number}", 4, partition=number) for number in range(3)]
    transcripts = await transcriber.feed(record for records in zip(*logs, strict=True) for record in records)
    assert sorted(each.transcribed.session_id for each in transcripts) == ["s-0", "s-1", "s-2"]
    assert recogniser.batches == [["s-0", "s-1"], ["s-2", "s-0"], ["s-1", "s-2"]]
    assert [each.inference_ms for each in transcripts] == [INFERENCE_MS] * 3


async def test_audio_becomes_a_session_spoken_in_real_time() -> None:
    transcriber, _ = offline_transcriber()
    (transcript,) = await transcriber.feed(session_log(SILENT_FRAME * 11 + SILENT_FRAME[:3200], "s-1"))
    assert transcript.transcribed.live
    assert (transcript.transcribed.audio_ms, transcript.windows) == (11 * FRAME_MS + 100, 4)
