"""How many sessions each user holds at this edge."""

from collections import defaultdict
from dataclasses import dataclass, field

from edge.core.effects import Admit, Claim
from edge.core.events import Rejected


@dataclass
class Places:
    """Connections by user, and what session each holds. Of one competition a user holds one session."""

    _held: dict[str, dict[str, Claim]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, conn: str, wanted: Admit) -> Rejected | None:
        """A place for this connection, if the user has one left. A session that goes on over another connection has
        its place already, though the older connection may not have been found out to be dead."""
        claim = wanted.claim
        if wanted.most is not None:
            sessions = {held.session_id: held.competition for held in self._held.get(claim.user_id, {}).values()}
            if wanted.most and len(sessions) >= wanted.most:
                return Rejected(wanted.most, competition=False)
            if claim.competition is not None and claim.competition in sessions.values():
                return Rejected(1, competition=True)
        self._held[claim.user_id][conn] = claim
        return None

    def leave(self, conn: str, user_id: str) -> None:
        """The connection is over; it need not have had a place."""
        held = self._held.get(user_id, {})
        held.pop(conn, None)
        if not held:
            self._held.pop(user_id, None)

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))
