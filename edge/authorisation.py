"""What a connection must know before it goes on, and whoever can tell: answers as events."""

import asyncio

from edge.core.connection_state import User
from edge.core.effects import Admit, Reclaim, Verify
from edge.core.events import Admitted, Postponed, Reclaimed, Refused, Rejected, Unclaimed, Unverified, Verified
from edge.ports import Ports
from infra.errors import Unavailable
from infra.identity import TokenRefused
from infra.telemetry import Logger

_CHECK_S = 5.0
"""For a token to be checked: meanwhile its client is not read."""


async def verify(ports: Ports, wanted: Verify, log: Logger) -> Verified | Refused | Unverified:
    """Whose token is this?"""
    try:
        async with asyncio.timeout(_CHECK_S):
            user = await ports.tokens.verify(wanted.token)
    except TokenRefused as refused:
        return Refused(refused.reason, refused.message, refused.hint)
    except Unavailable as error:
        log.error("token not checked", reason=error.message)
        return Unverified()
    except TimeoutError:
        log.error("token not checked", reason=f"Nobody could tell within {_CHECK_S:g} s.")
        return Unverified()
    return Verified(User(user.user_id, user.name, user.org, user.groups, user.expires_at_ms, user.max_sessions))


def reclaim(ports: Ports, wanted: Reclaim) -> Reclaimed | Unclaimed:
    """Which session is to go on?"""
    claim = ports.resume_tokens.read(wanted.start.resume or "")
    return Reclaimed(wanted.start, claim) if claim else Unclaimed()


def admit(ports: Ports, wanted: Admit, conn: str) -> Admitted | Rejected | Postponed:
    """May this session begin, or go on, here? What goes on is no new load for the stages behind."""
    if refused := ports.places.take(conn, wanted):
        return refused
    if not wanted.resumes:
        retry_after_ms = ports.admission.begin(conn, ports.clock.monotonic_ms())
        if retry_after_ms is not None:
            return Postponed(retry_after_ms)
    return Admitted(ports.resume_tokens.issue(wanted.claim))
