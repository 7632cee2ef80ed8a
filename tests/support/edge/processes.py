"""Edge processes that a test may kill, restart and stop, several on one broker."""

from pathlib import Path

from infra.kafka.settings import KafkaSettings
from local.tcp_ports import free_port
from tests.support.edge.in_process import Address
from tests.support.processes.stage_process import StageProcess


class Edge(StageProcess):
    """`address` stays the same after a restart. Edges that share `data` share certificate and login secret. By default
    there is no admission control."""

    def __init__(self, kafka: KafkaSettings, data: Path, ordinal: int, **settings: str) -> None:
        self.address = Address(free_port(), free_port(), data, kafka, ordinal)
        given = {
            "KAFKA_PORT": str(kafka.port),
            "KAFKA_BOOTSTRAP": "",
            "KAFKA_PREFIX": kafka.prefix,
            "ROSTRUM_DATA": str(data),
            "EDGE_PORT": str(self.address.port),
            "EDGE_PLAIN_PORT": str(self.address.plain_port),
            "EDGE_ORDINAL": str(ordinal),
            "EDGE_ADMISSION_MAX_LAG_S": "0",
        }
        super().__init__("edge", data / f"edge-{ordinal}.log", given | settings)

    @property
    def url(self) -> str:
        """Of plain ws: TLS is not under test."""
        return self.address.plain_url
