"""The local stack: which processes there are, how each is started, and which fixed ports they need."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from infra.settings import StageSettings, variable
from local import kafka_node, languagetool_server
from local.jars import KAFKA, LANGUAGETOOL, Program
from local.listeners import Listener, process_index
from local.plan import Launch, Layer, ProcessPlan, RequiredPort, stop_budget_s
from local.probes import port_probe, stage_probe
from local.run_file import StackAddresses
from local.scale import process_names
from local.stages import STAGES, StageSpec
from local.tcp_ports import LOOPBACK, free_port

_MARGIN_S = 0.5
"""Between a stage's own shutdown deadline and the moment the supervisor kills it."""


@dataclass(frozen=True)
class Stack:
    data: Path
    cache: Path
    environment: Mapping[str, str]
    """Of all processes; it names the same folders as `data` and `cache`. Stages' ports and per-process settings are
    added to it."""
    scale: Mapping[str, int]
    """Number of processes by stage; 0: left out."""
    kafka: KafkaSettings
    languagetool: LanguageToolSettings
    listeners: tuple[Listener, ...]
    """Of all stages, those left out included: they may be run by hand."""
    shutdown_s: float

    @property
    def addresses(self) -> StackAddresses:
        urls = {listener.marker.endpoint: listener.url for listener in self.listeners}
        return StackAddresses(**urls, kafka=self.kafka.address, languagetool=self.languagetool.address)

    @property
    def left_out(self) -> list[str]:
        """The stages of which there is no process."""
        return [stage for stage, count in self.scale.items() if not count]

    @property
    def programs(self) -> list[Program]:
        """The Java programs to install."""
        wanted = ((KAFKA, self.kafka.is_local), (LANGUAGETOOL, self.languagetool.is_local))
        return [program for program, is_local in wanted if is_local]

    @property
    def ports(self) -> list[RequiredPort]:
        """The fixed ports that must be free."""
        required = [
            RequiredPort(each.port, each.setting, f"the {each.stage}", each.host)
            for each in self.listeners
            if each.port and self.scale[each.stage]
        ]
        if self.kafka.is_local:
            required.append(RequiredPort(self.kafka.port, variable(KafkaSettings, "port"), "the Kafka node"))
        if self.languagetool.is_local:
            setting = variable(LanguageToolSettings, "port")
            required.append(RequiredPort(self.languagetool.port, setting, "LanguageTool"))
        return required

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
                plans.append(self._plan_stage(STAGES[stage], index, name))
        return plans

    async def _launch_kafka(self) -> Launch:
        jars = KAFKA.folder(self.cache)
        command = await asyncio.to_thread(kafka_node.prepare, self.data / "kafka", jars, self.kafka.port)
        return Launch(command, self.environment, port_probe(self.kafka.port))

    async def _launch_languagetool(self) -> Launch:
        port = self.languagetool.port
        command = languagetool_server.command(LANGUAGETOOL.folder(self.cache), port)
        return Launch(command, self.environment, port_probe(port))

    def _plan_stage(self, stage: StageSpec, index: int, name: str) -> ProcessPlan:
        """The first process of a stage has the ports of the settings, further ones free ports. They are chosen here,
        once, so that a restarted process keeps its address."""
        listeners = [each if index == 0 else each.elsewhere() for each in self.listeners if each.stage == stage.name]
        own = process_index(stage, index) | _ports(listeners)
        address = next((each.url for each in listeners if each.url), "")
        return ProcessPlan(name, stage.layer, partial(self._launch_stage, stage, own), address)

    async def _launch_stage(self, stage: StageSpec, own: Mapping[str, str]) -> Launch:
        health_port = free_port()
        shutdown_s = min(self.shutdown_s, stop_budget_s(stage.layer) - _MARGIN_S)
        environment = {
            **self.environment,
            # All stages' ports: analytics names the edge's on its page.
            **_ports(self.listeners),
            **own,
            variable(StageSettings, "health_host"): LOOPBACK,
            variable(StageSettings, "health_port"): str(health_port),
            variable(StageSettings, "shutdown_timeout_s"): str(shutdown_s),
        }
        return Launch(stage_command(stage.name), environment, stage_probe(health_port), health_port)


def _ports(listeners: tuple[Listener, ...] | list[Listener]) -> dict[str, str]:
    """As environment variables."""
    return {each.setting: str(each.port) for each in listeners}


def stage_command(stage: str) -> list[str]:
    """Starts a stage. -P: a folder of the same name in the current one is not taken for it."""
    return [sys.executable, "-P", "-m", STAGES[stage].package]
