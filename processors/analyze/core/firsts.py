"""Which report of a session came first, as far as the topic `reports` has been read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Of a record on `reports`. `made`: it holds a report; if not, it says that none could be made."""

    partition: int
    offset: int
    made: bool


class Firsts:
    """Of the sessions in one partition. A first report wins for ever; the word that none could be made holds only until
    there is one, since a person may have a failed session tried again. At most `most` sessions are remembered: the
    oldest are forgotten, and `since_ms` (the time from which everything is known) moves on."""

    def __init__(self, since_ms: int, most: int = 100_000) -> None:
        self.since_ms = since_ms
        self._most = most
        self._places: dict[str, tuple[int, Place]] = {}

    def note(self, session_id: str, place: Place, at_ms: int) -> None:
        """Records are noted in their order on the partition; `at_ms`: the record's time."""
        known = self._places.get(session_id)
        if known is not None and (known[1].made or not place.made):
            return
        self._places[session_id] = (at_ms, place)
        if len(self._places) > self._most:
            oldest = next(iter(self._places))
            self.since_ms = max(self.since_ms, self._places.pop(oldest)[0] + 1)

    def of(self, session_id: str) -> Place | None:
        known = self._places.get(session_id)
        return known[1] if known else None
