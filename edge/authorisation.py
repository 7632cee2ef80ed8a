"""Whether a client is who it says, and may have the session it asks for: the answers are events."""

import asyncio

from edge.core.connection_state import User
from edge.core.effects import Admit, ResolveResumeToken, VerifyToken
from edge.core.events import (
    Admitted,
    AuthUnavailable,
    Overloaded,
    QuotaExceeded,
    ResumeTokenAccepted,
    ResumeTokenRejected,
    TokenAccepted,
    TokenRejected,
)
from edge.ports import Ports
from infra.errors import Unavailable
from infra.identity import TokenRefused
from infra.telemetry import Logger

_VERIFY_TIMEOUT_S = 5.0
"""While a token is being verified its client is not read."""


async def verify_token(
    ports: Ports, wanted: VerifyToken, log: Logger
) -> TokenAccepted | TokenRejected | AuthUnavailable:
    try:
        async with asyncio.timeout(_VERIFY_TIMEOUT_S):
            user = await ports.login_tokens.verify(wanted.token)
    except TokenRefused as refused:
        return TokenRejected(refused.reason, refused.message, refused.hint)
    except Unavailable as error:
        log.error("token not verified", reason=error.message)
        return AuthUnavailable()
    except TimeoutError:
        log.error("token not verified", reason=f"The verification took longer than {_VERIFY_TIMEOUT_S:g} s.")
        return AuthUnavailable()
    return TokenAccepted(User(user.user_id, user.name, user.org, user.groups, user.expires_at_ms, user.max_sessions))


def resolve_resume_token(ports: Ports, wanted: ResolveResumeToken) -> ResumeTokenAccepted | ResumeTokenRejected:
    claims = ports.resume_tokens.read(wanted.start.resume or "")
    return ResumeTokenAccepted(wanted.start, claims) if claims else ResumeTokenRejected()


def admit(ports: Ports, wanted: Admit, conn: str) -> Admitted | QuotaExceeded | Overloaded:
    """A resumed session is no new load for the stages behind the edge."""
    if exceeded := ports.session_quota.acquire(conn, wanted):
        return exceeded
    if not wanted.resumes:
        retry_after_ms = ports.admission.admit(conn, ports.clock.monotonic_ms())
        if retry_after_ms is not None:
            return Overloaded(retry_after_ms)
    return Admitted(ports.resume_tokens.issue(wanted.claims))
