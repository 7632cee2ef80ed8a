"""Ports on this machine."""

import errno
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port on loopback that is free now. Another program may take it before it is used; the supervisor asks for a new
    one at each restart."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
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
