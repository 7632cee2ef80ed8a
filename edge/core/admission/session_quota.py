"""How many sessions each user has at this edge."""

from collections import defaultdict
from dataclasses import dataclass, field

from edge.core.effects import Admit, ResumeClaims
from edge.core.events import QuotaExceeded


@dataclass
class SessionQuota:
    """The sessions of each user, by connection. A user has at most one session of a competition."""

    _held: dict[str, dict[str, ResumeClaims]] = field(default_factory=lambda: defaultdict(dict))

    def acquire(self, conn: str, wanted: Admit) -> QuotaExceeded | None:
        """Counts this connection's session, if the user's quota allows it. A resumed session is counted already, though
        its older connection may not have been found dead yet."""
        claims = wanted.claims
        if wanted.quota is not None:
            sessions = {held.session_id: held.competition for held in self._held.get(claims.user_id, {}).values()}
            if wanted.quota and len(sessions) >= wanted.quota:
                return QuotaExceeded(wanted.quota, competition=False)
            if claims.competition is not None and claims.competition in sessions.values():
                return QuotaExceeded(1, competition=True)
        self._held[claims.user_id][conn] = claims
        return None

    def release(self, conn: str, user_id: str) -> None:
        """The connection is over; it need not have had a session."""
        held = self._held.get(user_id, {})
        held.pop(conn, None)
        if not held:
            self._held.pop(user_id, None)

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))
