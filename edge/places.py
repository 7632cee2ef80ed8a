"""How many sessions each user holds at this edge."""

from collections import defaultdict
from dataclasses import dataclass, field

from edge.core.effects import Admit
from edge.core.events import Admitted, Rejected


@dataclass
class Places:
    """Connections by user, and what competition each speaks in. Of one competition a user holds one session."""

    _held: dict[str, dict[str, str | None]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, conn: str, wanted: Admit) -> Admitted | Rejected:
        """A place for this connection, if the user has one left; `most` 0 means any number."""
        held = self._held.get(wanted.user_id, {})
        if wanted.most and len(held) >= wanted.most:
            return Rejected(wanted.most, competition=False)
        if wanted.competition is not None and wanted.competition in held.values():
            return Rejected(1, competition=True)
        self._held[wanted.user_id][conn] = wanted.competition
        return Admitted()

    def leave(self, conn: str, user_id: str) -> None:
        """The connection is over; it need not have had a place."""
        held = self._held.get(user_id, {})
        held.pop(conn, None)
        if not held:
            self._held.pop(user_id, None)

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))
