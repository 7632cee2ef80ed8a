"""Ports on this machine."""

import socket

import pytest

from local.tcp_ports import LOOPBACK, free_port, is_taken


def test_no_port_is_handed_out_twice_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may offer the same port again, for nothing listens on it yet."""
    offered = iter([40_001, 40_001, 40_002])

    class Offer(socket.socket):
        def getsockname(self) -> tuple[str, int]:
            return LOOPBACK, next(offered)

    monkeypatch.setattr("local.tcp_ports.socket.create_server", lambda _address: Offer())

    assert [free_port(), free_port()] == [40_001, 40_002]


def test_a_port_is_taken_while_a_program_listens_on_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert is_taken(port)
    assert not is_taken(port)


def test_an_address_of_another_machine_is_an_error_and_not_a_taken_port() -> None:
    with pytest.raises(OSError, match="assign"):
        is_taken(free_port(), host="192.0.2.1")
