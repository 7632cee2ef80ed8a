"""Starts the analytics stage: the ingestion from Kafka to ClickHouse, and the HTTP API and pages."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.types import ASGIApp

from analytics.adapters.clickhouse_queries import ClickHouseFactStore
from analytics.adapters.clickhouse_writer import ClickHouseWriter
from analytics.adapters.http.app import make_app
from analytics.adapters.http.pages import EdgeUrls, PageConfig, PageLimits
from analytics.adapters.kafka import kafka_clients
from analytics.queries import Queries
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
            # The API is served even while Kafka is away.
            async with (
                _served(_app(stage, settings, database), settings),
                kafka_clients(kafka, TOPICS, retry) as (source, dead_letters),
            ):
                stage.ready()
                writer = ClickHouseWriter(database)
                await Ingest(source, writer, dead_letters, retry, create_competitions=settings.development).run()
        except Unavailable:
            # The stage was stopped while it was waiting for ClickHouse or Kafka.
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
    queries = Queries(
        ClickHouseFactStore(database),
        SystemClock(),
        public=settings.public_leaderboards,
        show_user_ids=settings.development,
    )
    config = PageConfig(
        development=settings.development,
        public_leaderboards=settings.public_leaderboards,
        edge=EdgeUrls.at(settings.edge_url) if settings.edge_url else EdgeUrls.on_this_machine(load(EdgePortSettings)),
        limits=PageLimits(
            session_s=sessions.max_s, resume_grace_s=int(sessions.grace_s), message_bytes=MAX_MESSAGE_BYTES
        ),
    )
    return make_app(queries, TokenVerifier(load(IdentitySettings), load(LocalSettings)), config, stage.health)


@asynccontextmanager
async def _served(app: ASGIApp, settings: AnalyticsSettings) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(serve_http(app, settings.host, settings.port))
        except OSError as error:
            raise RostrumError(
                f"ANALYTICS_PORT {settings.port} on {settings.host} cannot be opened ({error.strerror}).",
                "Stop the program that uses it, or set another port.",
            ) from error
        get_logger("http").info("HTTP server started", address=f"http://{settings.host}:{port}")
        yield


def main() -> None:
    run_stage("analytics", serve)


if __name__ == "__main__":
    main()
