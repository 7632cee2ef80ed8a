from pathlib import Path

import pytest

from infra.errors import RostrumError
from local.temporary import temporary_stack


def test_it_shares_nothing_with_a_stack_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROSTRUM_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("EDGE_PORT", "8443")

    one, other = (
        temporary_stack(tmp_path / "one"),
        temporary_stack(tmp_path / "other", {"LLM_BASE_URL": "http://127.0.0.1:1/v1"}),
    )

    assert one.data == tmp_path / "one"
    assert one.environment["ROSTRUM_DATA"] == str(one.data)
    assert one.environment["KAFKA_PORT"] == str(one.kafka.port)
    assert other.environment["LLM_BASE_URL"] == "http://127.0.0.1:1/v1"
    ports = {use.port for stack in (one, other) for use in stack.ports}
    assert len(ports) == 8
    assert ports.isdisjoint({8443, 8444, 8080, 9092, 8081})


@pytest.mark.parametrize(
    ("name", "value"), [("KAFKA_BOOTSTRAP", "kafka.example:9092"), ("CLICKHOUSE_URL", "https://clickhouse.example")]
)
def test_it_is_refused_where_a_service_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(RostrumError, match=name):
        temporary_stack(tmp_path)
