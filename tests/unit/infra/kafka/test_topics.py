from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import declared_topics


def test_a_local_node_gets_one_replica_and_four_partitions() -> None:
    topics = {topic.name: topic for topic in declared_topics(KafkaSettings())}
    assert topics["audio.frames"].num_partitions == topics["transcripts"].num_partitions == 4
    assert topics["audio.frames"].replication_factor == 1


def test_a_cluster_gets_three_replicas_of_which_two_must_hold_a_record() -> None:
    topics = {topic.name: topic for topic in declared_topics(KafkaSettings(bootstrap="kafka:9092"))}
    assert topics["audio.frames"].num_partitions == topics["transcripts"].num_partitions == 32
    assert topics["audio.frames"].replication_factor == 3
    assert topics["audio.frames"].topic_configs["min.insync.replicas"] == "2"


def test_the_partitions_setting_leaves_replies_alone() -> None:
    topics = {topic.name: topic for topic in declared_topics(KafkaSettings(bootstrap="kafka:9092", partitions=7))}
    assert topics["audio.frames"].num_partitions == topics["word.counts"].num_partitions == 7
    assert topics["replies"].num_partitions == 4


def test_retention_of_audio_is_a_setting() -> None:
    settings = KafkaSettings(audio_retention_hours=2, audio_retention_bytes=10**9)
    audio = next(topic for topic in declared_topics(settings) if topic.name == "audio.frames")
    assert audio.topic_configs["retention.ms"] == "7200000"
    assert audio.topic_configs["retention.bytes"] == "1000000000"
