import socket
from pathlib import Path

import pytest

from infra.errors import RostrumError
from local.plan import RequiredPort
from local.preflight import check_ports_free, lock_data_folder
from local.tcp_ports import free_port, is_taken


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_taken(port)
        with pytest.raises(RostrumError, match=rf"port {port} for the edge.*EDGE_PORT"):
            check_ports_free(
                [RequiredPort(free_port(), "KAFKA_PORT", "Kafka"), RequiredPort(port, "EDGE_PORT", "the edge")]
            )
    check_ports_free([RequiredPort(port, "EDGE_PORT", "the edge")])


def test_one_port_for_two_settings_is_refused() -> None:
    port = free_port()
    with pytest.raises(RostrumError, match="EDGE_PORT and KAFKA_PORT both name"):
        check_ports_free([RequiredPort(port, "KAFKA_PORT", "Kafka"), RequiredPort(port, "EDGE_PORT", "the edge")])


def test_a_data_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    data = tmp_path / "new"
    with lock_data_folder(data), pytest.raises(RostrumError, match=r"is in use.*ROSTRUM_DATA"), lock_data_folder(data):
        pass
    with lock_data_folder(data):
        pass


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RostrumError, match="ROSTRUM_DATA"), lock_data_folder(tmp_path / "file" / "data"):
        pass
