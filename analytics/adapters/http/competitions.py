"""Competitions and their leaderboards."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, Field, field_validator, model_validator

from analytics.adapters.http.errors import RESPONSES
from analytics.adapters.http.signed_in import SignedIn
from analytics.core.access import Reader
from analytics.core.facts import Competition, Standing
from analytics.reading import Reading
from schemas.base import Schema

_Id = Annotated[str, Path(min_length=1, max_length=80)]


class CompetitionChange(Schema):
    """What an admin sets. Words are counted by the hour, so it starts and ends on one."""

    name: str = Field(min_length=1, max_length=200)
    time_zone: str = Field("UTC", max_length=64, description="IANA name, `Europe/Berlin`: where its days begin")
    starts_at: AwareDatetime | None = Field(None, description="a whole hour with an offset, or null: no beginning")
    ends_at: AwareDatetime | None = Field(None, description="a whole hour with an offset, or null: no end")
    entry: Literal["open", "claim"] = Field("open", description="open to all, or to those whose token says so")
    groups: tuple[Annotated[str, Field(max_length=200)], ...] = Field((), max_length=100)

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # Not found, no plain name, or a folder of names.
            raise ValueError("not a time zone; names are like Europe/Berlin") from None
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
    """`entries` has the best first; `day` null: the whole competition."""

    competition: Competition
    day: date | None
    entries: tuple[Standing, ...]


def competition_routes(reading: Reading, signed_in: SignedIn) -> APIRouter:
    routes = APIRouter(prefix="/api/competitions", tags=["competitions"], responses=RESPONSES)

    @routes.get("", summary="All competitions one may read")
    async def list_competitions(reader: Annotated[Reader | None, Depends(signed_in.maybe)]) -> Competitions:
        return Competitions(competitions=tuple(await reading.competitions(reader)))

    @routes.put("/{competition_id}", summary="Set up or change a competition (role admin)")
    async def put_competition(
        competition_id: _Id, change: CompetitionChange, reader: Annotated[Reader, Depends(signed_in.reader)]
    ) -> Competition:
        return await reading.put_competition(reader, Competition(id=competition_id, **change.model_dump()))

    @routes.get("/{competition_id}/leaderboard", summary="Who said the most words")
    async def leaderboard(
        competition_id: _Id,
        reader: Annotated[Reader | None, Depends(signed_in.maybe)],
        day: Annotated[date | None, Query(description="a day in the competition's time zone")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="lines at most")] = 100,
    ) -> Leaderboard:
        competition, standings = await reading.leaderboard(reader, competition_id, day, limit)
        return Leaderboard(competition=competition, day=day, entries=tuple(standings))

    return routes
