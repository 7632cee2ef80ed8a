"""Apache Kafka as a single local node in KRaft mode: broker and controller in one process, on loopback."""

import base64
import subprocess
import uuid
from pathlib import Path

from infra.errors import RostrumError
from local.java import find_java
from local.tcp_ports import LOOPBACK, free_port
from schemas.topics import Topic

_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
_LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")
_MIB = 1024 * 1024
_HEADROOM_BYTES = _MIB
_OFFSETS_KEPT_MINUTES = 30 * 24 * 60
_FORMAT_TIMEOUT_S = 60


def server_properties(log_folder: Path, port: int, controller_port: int) -> str:
    """The node's configuration. All data is in `log_folder`; both ports are on loopback."""
    largest = max(topic.value.max_message_bytes for topic in Topic) + _HEADROOM_BYTES
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": log_folder,
        "auto.create.topics.enable": "false",
        # One node holds the only copy of everything.
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # Internal topics have 50 partitions by default, each with open files and mapped indexes.
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.num.partitions": 4,
        # Longer than any topic's audio is kept, so a stage that was down for a week resumes where it stopped.
        "offsets.retention.minutes": _OFFSETS_KEPT_MINUTES,
        "message.max.bytes": largest,
        "replica.fetch.max.bytes": largest,
        # The first member of a group does not wait for others: a stage is ready at once.
        "group.initial.rebalance.delay.ms": 0,
        # A broker that was killed may register again once its old session has expired; the default is 9 s.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 3000,
        # The default buffer of the compactor alone is 128 MB.
        "log.cleaner.dedupe.buffer.size": 8 * _MIB,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 4,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def prepare(data: Path, jars: Path, port: int) -> list[str]:
    """Prepare the node's folder and return the command that starts the node. The folder is formatted only the first
    time; the controller's port is new at each start. Raises RostrumError if Kafka cannot format the folder."""
    # Java properties treat a backslash as an escape, and relative paths depend on where the process is started.
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    log_folder = data / "log"
    properties = data / "server.properties"
    properties.write_text(server_properties(log_folder, port, free_port()), encoding="utf-8")
    if not (log_folder / "meta.properties").exists():
        _format(jars, properties)
    return _java(jars, "kafka.Kafka", str(properties))


def _format(jars: Path, properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # As one argument: a cluster id that begins with a hyphen would be read as an option.
    command = _java(jars, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(properties))
    result = subprocess.run(  # noqa: S603 - our own command, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=_FORMAT_TIMEOUT_S
    )
    if result.returncode != 0:
        last = result.stdout.strip().splitlines()[-1:] or ["no output"]
        raise RostrumError(
            f"Kafka could not prepare its data folder: {last[0]}.",
            f"Is {properties.parent} writable, and is there space on the disk? If nothing in it is needed, delete it.",
        )


def _java(jars: Path, main_class: str, *arguments: str) -> list[str]:
    java = find_java()
    return [str(java.executable), *_JVM, *java.quiet_options, *_LOGGING, "-cp", f"{jars}/*", main_class, *arguments]
