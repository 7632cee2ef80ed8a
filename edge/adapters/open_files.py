"""How many sockets the operating system lets this process have. Many systems give a process 1,024 files unless it asks
for more, fewer than the connections an edge may take; who comes beyond that waits without a word."""

import resource

from infra.telemetry import get_logger

_BESIDE = 256
"""Files that are no client's: libraries, Kafka's connections, clients whose handshake is not finished."""


def allow_open_files(connections: int) -> None:
    """For so many connections; 0: for any number. Says so in the log if the system will not have it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _BESIDE if connections else hard
    allowed = max(soft, wanted) if hard == resource.RLIM_INFINITY else max(soft, min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        get_logger("edge").warning(
            "too few files may be open for EDGE_MAX_CONNECTIONS", files=allowed, wanted=wanted, mend="ulimit -n"
        )
