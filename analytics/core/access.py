"""Access rules: who may read and change what."""

from collections.abc import Set
from dataclasses import dataclass

from analytics.core.read_models import Competition, StoredSession


@dataclass(frozen=True)
class Principal:
    """The user who makes a request, according to their token."""

    user_id: str
    org: str
    groups: tuple[str, ...]
    roles: Set[str]

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles


def may_read_session(principal: Principal, session: StoredSession) -> bool:
    """Its owner; and in the same school, a teacher of one of its classes or an admin."""
    if principal.user_id == session.user_id:
        return True
    if principal.org != session.org:
        return False
    return principal.is_admin or ("teacher" in principal.roles and bool(set(principal.groups) & set(session.groups)))


def may_read_competition(principal: Principal | None, competition: Competition, *, public: bool) -> bool:
    """Everybody if leaderboards are public; otherwise signed-in users, if it belongs to their school or to none."""
    if public:
        return True
    return principal is not None and competition.org in ("", principal.org)


def may_change_competition(principal: Principal, present: Competition | None) -> bool:
    """An admin, unless it belongs to another school."""
    return principal.is_admin and (present is None or present.org in ("", principal.org))
