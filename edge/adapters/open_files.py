"""The operating system's limit on this process's open files, sockets included. Many systems allow 1,024 by default,
fewer than the connections an edge may take; a client beyond the limit waits without an answer."""

import resource

from infra.telemetry import get_logger

_OTHER_FILES = 256
"""Files besides clients' sockets: libraries, Kafka's connections, handshakes in progress."""


def raise_open_file_limit(connections: int) -> None:
    """For this many connections; 0: for any number. Logs a warning if the system does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES if connections else hard
    allowed = max(soft, wanted) if hard == resource.RLIM_INFINITY else max(soft, min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        get_logger("edge").warning(
            "open file limit too low for EDGE_MAX_CONNECTIONS",
            files=allowed,
            wanted=wanted,
            mend="ulimit -n",
        )
