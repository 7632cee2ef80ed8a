from collections.abc import Collection
from pathlib import Path

import pytest

from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from local.listeners import listeners_of
from local.plan import STOP_ORDER, Layer, ProcessPlan
from local.scale import parse_scale
from local.stack import Stack, stage_command
from local.stages import STAGES, StageSpec

STOPS_WITHIN_S = 15


@pytest.fixture(autouse=True)
def _default_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDGE_PORT", "EDGE_PLAIN_PORT", "ANALYTICS_PORT"):
        monkeypatch.delenv(name, raising=False)


def stack(scale: str = "", kafka: str = "", languagetool: str = "", without: Collection[str] = ()) -> Stack:
    return Stack(
        data=Path("/data"),
        cache=Path("/cache"),
        environment={"LANG": "C"},
        scale=parse_scale(scale, without, clickhouse_is_embedded=False),
        kafka=KafkaSettings(bootstrap=kafka),
        languagetool=LanguageToolSettings(url=languagetool),
        listeners=tuple(listener for stage in STAGES.values() for listener in listeners_of(stage)),
        shutdown_s=10.0,
    )


def plan(of: Stack, name: str) -> ProcessPlan:
    return next(plan for plan in of.plans() if plan.name == name)


def test_everything_is_local_by_default() -> None:
    assert [plan.name for plan in stack().plans()] == ["kafka", "languagetool", *STAGES]
    assert {use.setting for use in stack().ports} == {
        "EDGE_PORT",
        "EDGE_PLAIN_PORT",
        "ANALYTICS_PORT",
        "KAFKA_PORT",
        "LANGUAGETOOL_PORT",
    }


def test_services_elsewhere_are_neither_installed_nor_started() -> None:
    elsewhere = stack(kafka="kafka.example:9092", languagetool="https://lt.example")
    assert [plan.name for plan in elsewhere.plans()] == list(STAGES)
    assert elsewhere.programs == []
    assert {use.setting for use in elsewhere.ports} == {"EDGE_PORT", "EDGE_PLAIN_PORT", "ANALYTICS_PORT"}
    assert elsewhere.addresses.kafka == "kafka.example:9092"


async def test_a_stage_gets_its_ordinal_ports_and_deadline() -> None:
    launch = await plan(stack(), "edge").launch()
    assert launch.command == stage_command("edge")
    assert launch.environment["LANG"] == "C"
    assert launch.environment["EDGE_ORDINAL"] == "0"
    assert (launch.environment["EDGE_PORT"], launch.environment["EDGE_PLAIN_PORT"]) == ("8443", "8444")
    assert launch.environment["HEALTH_PORT"] == str(launch.health_port)
    assert float(launch.environment["SHUTDOWN_TIMEOUT_S"]) < dict(STOP_ORDER)[(Layer.EDGE,)]


async def test_further_edges_have_free_ports_that_they_keep() -> None:
    scaled = stack("edge=2,transcribe=2")
    names = [plan.name for plan in scaled.plans()]
    assert names[2:6] == ["edge-0", "edge-1", "transcribe-0", "transcribe-1"]
    second = plan(scaled, "edge-1")
    assert (await plan(scaled, "transcribe-1").launch()).environment["TRANSCRIBE_GROUP_INSTANCE_ID"] == "1"
    first_start, restart = (await second.launch()).environment, (await second.launch()).environment
    assert first_start["EDGE_ORDINAL"] == "1"
    assert first_start["EDGE_PORT"] == restart["EDGE_PORT"] != "8443"
    assert first_start["EDGE_PORT"] in second.address
    assert plan(scaled, "edge-0").address == stack().addresses.edge


async def test_no_plain_port_means_none_for_any_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PLAIN_PORT", "")
    scaled = stack("edge=2")
    assert scaled.addresses.edge_plain == ""
    assert (await plan(scaled, "edge-1").launch()).environment["EDGE_PLAIN_PORT"] == "0"


def test_the_edge_is_stopped_first_and_the_broker_last_in_time() -> None:
    assert [layer for layers, _ in STOP_ORDER for layer in layers] == [
        Layer.EDGE,
        Layer.STAGE,
        Layer.SERVICE,
        Layer.BROKER,
    ]
    assert sum(seconds for _, seconds in STOP_ORDER) < STOPS_WITHIN_S


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_a_program(stage: str) -> None:
    *_, module = stage_command(stage)
    assert Path(*module.split("."), "__main__.py").is_file()


def test_a_stage_that_is_left_out_has_no_process_and_needs_no_port() -> None:
    rest = stack(without=["edge", "questions"])
    assert [plan.name for plan in rest.plans()] == ["kafka", "languagetool", "transcribe", "analyze", "analytics"]
    assert {use.setting for use in rest.ports} == {"ANALYTICS_PORT", "KAFKA_PORT", "LANGUAGETOOL_PORT"}
    assert rest.left_out == ["edge", "questions"]
    assert rest.addresses.edge == stack().addresses.edge


async def test_every_stage_is_told_the_ports_of_all() -> None:
    environment = (await plan(stack(), "analytics").launch()).environment
    assert (environment["EDGE_PORT"], environment["ANALYTICS_PORT"]) == ("8443", "8080")


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.name)
def test_every_stage_has_settings_of_its_own(stage: StageSpec) -> None:
    assert stage.settings_groups()
