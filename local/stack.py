"""The local stack: which processes there are, how each is started, and which fixed ports they need."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from local import kafka_node, languagetool_server
from local.jars import KAFKA, LANGUAGETOOL, Program
from local.plan import Launch, Layer, ProcessPlan, RequiredPort, stop_budget_s
from local.probes import port_probe, stage_probe
from local.run_file import StackAddresses
from local.scale import process_names
from local.stages import STAGES
from local.tcp_ports import LOOPBACK, free_port

_MARGIN_S = 0.5
"""Between a stage's own deadline for its end and the moment the supervisor kills it."""


@dataclass(frozen=True)
class Stack:
    """`environment`: what all processes get; ROSTRUM_DATA and ROSTRUM_CACHE in it say the same as `data` and `cache`.
    `scale`: processes by stage."""

    data: Path
    cache: Path
    environment: Mapping[str, str]
    scale: Mapping[str, int]
    kafka: KafkaSettings
    languagetool: LanguageToolSettings
    edge_host: str
    edge_port: int
    edge_plain_port: int
    analytics_host: str
    analytics_port: int
    shutdown_s: float

    @property
    def addresses(self) -> StackAddresses:
        return StackAddresses(
            page=f"http://localhost:{self.analytics_port}",
            edge=f"wss://localhost:{self.edge_port}/v1/stream",
            edge_plain=f"ws://{LOOPBACK}:{self.edge_plain_port}/v1/stream" if self.edge_plain_port else "",
            kafka=self.kafka.address,
            languagetool=self.languagetool.address,
        )

    @property
    def programs(self) -> list[Program]:
        """The Java programs to install."""
        wanted = ((KAFKA, self.kafka.is_local), (LANGUAGETOOL, self.languagetool.is_local))
        return [program for program, is_local in wanted if is_local]

    @property
    def ports(self) -> list[RequiredPort]:
        """The fixed ports that must be free."""
        uses = [
            RequiredPort(self.edge_port, "EDGE_PORT", "the edge", self.edge_host),
            RequiredPort(self.edge_plain_port, "EDGE_PLAIN_PORT", "the edge's plain door for this machine"),
            RequiredPort(self.analytics_port, "ANALYTICS_PORT", "pages and API", self.analytics_host),
        ]
        if self.kafka.is_local:
            uses.append(RequiredPort(self.kafka.port, "KAFKA_PORT", "the Kafka node"))
        if self.languagetool.is_local:
            uses.append(RequiredPort(self.languagetool.port, "LANGUAGETOOL_PORT", "LanguageTool"))
        return [use for use in uses if use.port]

    def plans(self) -> list[ProcessPlan]:
        plans = []
        if self.kafka.is_local:
            plans.append(ProcessPlan("kafka", Layer.BROKER, self._launch_kafka, self.kafka.address))
        if self.languagetool.is_local:
            plans.append(
                ProcessPlan("languagetool", Layer.SERVICE, self._launch_languagetool, self.languagetool.address)
            )
        for stage, count in self.scale.items():
            for index, name in enumerate(process_names(stage, count)):
                plans.append(self._plan_stage(stage, index, name))
        return plans

    async def _launch_kafka(self) -> Launch:
        jars = KAFKA.folder(self.cache)
        command = await asyncio.to_thread(kafka_node.prepare, self.data / "kafka", jars, self.kafka.port)
        return Launch(command, self.environment, port_probe(self.kafka.port))

    async def _launch_languagetool(self) -> Launch:
        port = self.languagetool.port
        command = languagetool_server.command(LANGUAGETOOL.folder(self.cache), port)
        return Launch(command, self.environment, port_probe(port))

    def _plan_stage(self, stage: str, index: int, name: str) -> ProcessPlan:
        layer = Layer.EDGE if stage == "edge" else Layer.STAGE
        own, address = self._doors(stage, index)
        return ProcessPlan(name, layer, partial(self._launch_stage, stage, layer, own), address)

    def _doors(self, stage: str, index: int) -> tuple[dict[str, str], str]:
        """A process's own environment, and its address. The first of a stage has the named ports, further ones free
        ones, chosen once so that a restart keeps its address."""
        if stage == "edge":
            port = self.edge_port if index == 0 else free_port()
            plain = free_port() if index > 0 and self.edge_plain_port else self.edge_plain_port
            own = {"EDGE_ORDINAL": str(index), "EDGE_PORT": str(port), "EDGE_PLAIN_PORT": str(plain)}
            return own, f"wss://localhost:{port}/v1/stream"
        if stage == "analytics":
            port = self.analytics_port if index == 0 else free_port()
            return {"ANALYTICS_PORT": str(port)}, f"http://localhost:{port}"
        return ({"TRANSCRIBE_GROUP_INSTANCE_ID": str(index)}, "") if stage == "transcribe" else ({}, "")

    async def _launch_stage(self, stage: str, layer: Layer, own: Mapping[str, str]) -> Launch:
        health_port = free_port()
        shutdown_s = min(self.shutdown_s, stop_budget_s(layer) - _MARGIN_S)
        environment = {
            **self.environment,
            **own,
            "HEALTH_HOST": LOOPBACK,
            "HEALTH_PORT": str(health_port),
            "SHUTDOWN_TIMEOUT_S": str(shutdown_s),
        }
        return Launch(stage_command(stage), environment, stage_probe(health_port), health_port)


def stage_command(stage: str) -> list[str]:
    """Starts a stage. -P: a folder of the same name where the command was typed is not taken for it."""
    return [sys.executable, "-P", "-m", STAGES[stage]]
