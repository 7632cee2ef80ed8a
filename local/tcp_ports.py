"""Ports on this machine."""

import errno
import socket
from collections import deque

LOOPBACK = "127.0.0.1"


_RECENT: deque[int] = deque(maxlen=100)
"""Ports handed out last: the system may offer one again before it is used."""


def free_port() -> int:
    """A port on which nothing listens now. Another process may take it before it is used: the supervisor asks for a new
    one at each restart."""
    while True:
        with socket.create_server((LOOPBACK, 0)) as server:
            port: int = server.getsockname()[1]
        if port not in _RECENT:
            _RECENT.append(port)
            return port


def is_taken(port: int, host: str = LOOPBACK) -> bool:
    """Whether a program listens on it, or the port may not be opened at all."""
    try:
        with socket.create_server((host, port)):
            return False
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return True
        raise
