"""Settings of the Kafka cluster and how to log in to it."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings
from schemas.topics import SESSION_PARTITIONS, Topic


class KafkaSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "KAFKA_"})

    bootstrap: str = Field("", description="`host:port,…` of a cluster; empty: the local node that `rostrum up` starts")
    port: int = Field(9092, ge=1, le=65535, description="port of the local node")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`"
    )
    ssl_ca_file: str = Field(
        "",
        description="file of the brokers' certificate authority; empty: the system's authorities",
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`"
    )
    sasl_username: str = Field("", description="SASL user")
    sasl_password: SecretStr = Field(SecretStr(""), description="SASL password")
    prefix: str = Field("", description="prefix of every topic and group, for several installations on one cluster")
    partitions: int = Field(
        0,
        ge=0,
        description=f"partitions of the session topics at creation; 0: {SESSION_PARTITIONS.local} on the local node, "
        f"{SESSION_PARTITIONS.cluster} on a cluster",
    )
    replication_factor: int = Field(
        0, ge=0, description="replicas of each topic at creation; 0: 1 on the local node, 3 on a cluster"
    )
    audio_retention_hours: float = Field(168.0, gt=0, description="hours for which audio can be replayed")
    audio_retention_bytes: int = Field(
        -1, ge=-1, description="bytes of audio kept per partition; -1: limited only by time"
    )

    @property
    def is_local(self) -> bool:
        return not self.bootstrap

    @property
    def address(self) -> str:
        return self.bootstrap or f"127.0.0.1:{self.port}"

    def topic(self, topic: Topic) -> str:
        """The topic's name on this cluster."""
        return self.prefix + topic.value.name

    def group(self, stage: str) -> str:
        """A stage's consumer group on this cluster."""
        return self.prefix + stage

    def partition_count(self, topic: Topic) -> int:
        """The number of partitions to create the topic with on this cluster."""
        declared = topic.value.partitions
        if self.partitions and declared.configurable:
            return self.partitions
        return declared.local if self.is_local else declared.cluster

    @property
    def session_partitions(self) -> int:
        """The partition count of the topics in which a session has one partition number."""
        return self.partition_count(Topic.AUDIO_FRAMES)

    @property
    def replicas(self) -> int:
        return self.replication_factor or (1 if self.is_local else 3)
