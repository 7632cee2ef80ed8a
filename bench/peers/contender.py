"""What is compared in either case: a server, and a way in which its clients speak to it."""

from collections.abc import Mapping
from typing import Any, Protocol

from infra.errors import RostrumError

Row = dict[str, Any]
"""The figures of one measurement, as they stand in the results."""


class Contender(Protocol):
    @property
    def server(self) -> str: ...

    @property
    def sent(self) -> str:
        """What its clients send, where a case has several ways; else empty."""
        ...

    @property
    def climbs(self) -> bool:
        """Whether it is tried with more and more clients."""
        ...

    async def measure(self, clients: int) -> Row:
        """The figures with this many clients at a server that has just been started, `passed` among them. Raises
        RostrumError."""
        ...

    def longest_s(self, clients: int) -> float:
        """How long a measurement may take."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Of the server's package first, then of others that matter."""
        ...


async def measured(contender: Contender, clients: int) -> Row:
    """A failure is a result too: it has `failed`, the reason, and no figures."""
    row: Row = {"server": contender.server, "sent": contender.sent, "clients": clients}
    try:
        return row | await contender.measure(clients)
    except RostrumError as error:
        return row | {"failed": str(error), "passed": False}
