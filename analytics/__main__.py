"""Facts from Kafka into ClickHouse, and the HTTP API and pages that show them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.types import ASGIApp

from analytics.adapters.facts import ClickHouseFacts
from analytics.adapters.http.app import make_app
from analytics.adapters.http.site import Config, ConfigLimits, Edge
from analytics.adapters.kafka import kafka_clients
from analytics.adapters.store import ClickHouseStore
from analytics.reading import Reading
from analytics.retry import Retry
from analytics.service import TOPICS, Ingest
from analytics.settings import AnalyticsSettings
from infra.clickhouse.connect import connector, skip_optional_imports
from infra.clickhouse.database import Database
from infra.clickhouse.migrate import migrate
from infra.clickhouse.settings import ClickHouseSettings
from infra.clock import SystemClock
from infra.errors import RostrumError, Unavailable
from infra.health import serve_http
from infra.identity import IdentitySettings, TokenVerifier
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage, run_stage
from infra.settings import EdgePortSettings, LocalSettings, SessionSettings, load
from infra.telemetry import get_logger
from schemas.wire import MAX_MESSAGE_BYTES


async def serve(stage: Stage) -> None:
    settings = load(AnalyticsSettings)
    kafka = load(KafkaSettings)
    retry = Retry(stage.stopping, stage.health)
    async with _database(load(ClickHouseSettings), load(LocalSettings)) as database:
        try:
            await retry("clickhouse", migrate, database)
            # The API answers also while Kafka is away.
            async with (
                _served(_app(stage, settings, database), settings),
                kafka_clients(kafka, TOPICS, retry) as (log, dead_letters),
            ):
                stage.ready()
                store = ClickHouseStore(database)
                await Ingest(log, store, dead_letters, retry, make_competitions=settings.development).run()
        except Unavailable:
            # Waiting for ClickHouse or Kafka was cut short by the end.
            if not stage.stopping.is_set():
                raise


@asynccontextmanager
async def _database(settings: ClickHouseSettings, local: LocalSettings) -> AsyncIterator[Database]:
    if settings.is_embedded:
        skip_optional_imports()
    database = Database(connector(settings, local.data), settings.max_concurrent_queries)
    try:
        yield database
    finally:
        await database.close()


def _app(stage: Stage, settings: AnalyticsSettings, database: Database) -> ASGIApp:
    sessions = load(SessionSettings)
    reading = Reading(
        ClickHouseFacts(database),
        SystemClock(),
        public=settings.public_leaderboards,
        tell_ids=settings.development,
    )
    config = Config(
        development=settings.development,
        public_leaderboards=settings.public_leaderboards,
        edge=Edge.at(settings.edge_url) if settings.edge_url else Edge.on_this_machine(load(EdgePortSettings)),
        limits=ConfigLimits(
            session_s=sessions.max_s, resume_grace_s=int(sessions.grace_s), message_bytes=MAX_MESSAGE_BYTES
        ),
    )
    return make_app(reading, TokenVerifier(load(IdentitySettings), load(LocalSettings)), config, stage.health)


@asynccontextmanager
async def _served(app: ASGIApp, settings: AnalyticsSettings) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(serve_http(app, settings.host, settings.port))
        except OSError as error:
            raise RostrumError(
                f"ANALYTICS_PORT {settings.port} on {settings.host} cannot be opened ({error.strerror}).",
                "Stop what uses it, or set another port.",
            ) from error
        get_logger("http").info("pages and API", address=f"http://{settings.host}:{port}")
        yield


def main() -> None:
    run_stage("analytics", serve)


if __name__ == "__main__":
    main()
