"""Who may read what."""

from collections.abc import Set
from dataclasses import dataclass

from analytics.core.facts import Competition, Session


@dataclass(frozen=True)
class Reader:
    """The one who asks, as their token says."""

    user_id: str
    org: str
    groups: tuple[str, ...]
    roles: Set[str]

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles


def may_read_session(reader: Reader, session: Session) -> bool:
    """Its owner; within its school, a teacher of one of its classes, or an admin."""
    if reader.user_id == session.user_id:
        return True
    if reader.org != session.org:
        return False
    return reader.is_admin or ("teacher" in reader.roles and bool(set(reader.groups) & set(session.groups)))


def may_read_competition(reader: Reader | None, competition: Competition, *, public: bool) -> bool:
    """Everybody where leaderboards are public; else who is signed in, for their own school's and for no school's."""
    if public:
        return True
    return reader is not None and competition.org in ("", reader.org)


def may_change_competition(reader: Reader, present: Competition | None) -> bool:
    """An admin, but not that of another school."""
    return reader.is_admin and (present is None or present.org in ("", reader.org))
