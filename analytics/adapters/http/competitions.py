"""Competitions and their leaderboards."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, Field, field_validator, model_validator

from analytics.adapters.http.auth import Authentication
from analytics.adapters.http.errors import RESPONSES
from analytics.core.access import Principal
from analytics.core.read_models import Competition, LeaderboardEntry
from analytics.queries import Queries
from schemas.base import Schema

_Id = Annotated[str, Path(min_length=1, max_length=80)]


class CompetitionChange(Schema):
    """What an admin may set. Words are counted by the hour, so a competition starts and ends on a whole hour."""

    name: str = Field(min_length=1, max_length=200)
    time_zone: str = Field("UTC", max_length=64, description="IANA name, as `Europe/Berlin`; its days are counted")
    starts_at: AwareDatetime | None = Field(None, description="a whole hour with a UTC offset; null: no beginning")
    ends_at: AwareDatetime | None = Field(None, description="a whole hour with a UTC offset; null: no end")
    entry: Literal["open", "claim"] = Field("open", description="open to all, or to users whose token has the claim")
    groups: tuple[Annotated[str, Field(max_length=200)], ...] = Field((), max_length=100)

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # Not found, an invalid name, or a directory of names.
            raise ValueError("not a time zone; names look like Europe/Berlin") from None
        return name

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _whole_hour(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.timestamp() % timedelta(hours=1).total_seconds():
            raise ValueError("must be a whole hour (UTC)")
        if moment is not None and not 1970 <= moment.year < 2106:
            raise ValueError("must lie between 1970 and 2105")
        return moment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must come after starts_at")
        return self


class Competitions(Schema):
    competitions: tuple[Competition, ...]


class Leaderboard(Schema):
    competition: Competition
    day: date | None
    """Null: the whole competition."""
    entries: tuple[LeaderboardEntry, ...]
    """The highest word count first."""


def competition_routes(queries: Queries, auth: Authentication) -> APIRouter:
    routes = APIRouter(prefix="/api/competitions", tags=["competitions"], responses=RESPONSES)

    @routes.get("", summary="All competitions that the user may read")
    async def list_competitions(
        principal: Annotated[Principal | None, Depends(auth.optional)],
    ) -> Competitions:
        return Competitions(competitions=tuple(await queries.competitions(principal)))

    @routes.put("/{competition_id}", summary="Set up or change a competition (role admin)")
    async def put_competition(
        competition_id: _Id,
        change: CompetitionChange,
        principal: Annotated[Principal, Depends(auth.required)],
    ) -> Competition:
        return await queries.put_competition(principal, Competition(id=competition_id, **change.model_dump()))

    @routes.get("/{competition_id}/leaderboard", summary="The leaderboard of a competition")
    async def leaderboard(
        competition_id: _Id,
        principal: Annotated[Principal | None, Depends(auth.optional)],
        day: Annotated[date | None, Query(description="a day in the competition's time zone")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="maximum number of entries")] = 100,
    ) -> Leaderboard:
        competition, entries = await queries.leaderboard(principal, competition_id, day, limit)
        return Leaderboard(competition=competition, day=day, entries=tuple(entries))

    return routes
