from schemas.topics import Topic


def test_names_are_unique() -> None:
    assert len({topic.value.name for topic in Topic}) == len(Topic)


def test_a_session_has_the_same_partition_in_its_log_and_its_transcript() -> None:
    assert {topic for topic in Topic if topic.value.co_partitioned} == {
        Topic.AUDIO_FRAMES,
        Topic.TRANSCRIPTS,
        Topic.REPORTS,
        Topic.TRANSCRIBE_STATE,
    }


def test_facts_are_read_committed_and_replies_are_not() -> None:
    assert {topic for topic in Topic if topic.value.read_committed} == {
        Topic.TRANSCRIPTS,
        Topic.WORD_COUNTS,
        Topic.REPORTS,
        Topic.TRANSCRIBE_STATE,
    }


def test_an_hour_of_fast_speech_fits_into_a_transcript() -> None:
    # About 200 words a minute, about 90 bytes of JSON a word.
    assert int(Topic.TRANSCRIPTS.value.config()["max.message.bytes"]) > 60 * 200 * 90
