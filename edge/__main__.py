"""`python -m edge`: the WebSocket endpoint. Wiring only."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path

from edge import metrics
from edge.adapters.container_decoder import ContainerDecoder
from edge.adapters.kafka_log import kafka_session_log
from edge.adapters.kafka_replies import kafka_reply_consumer
from edge.adapters.open_files import raise_open_file_limit
from edge.adapters.resampling import PcmDecoder
from edge.adapters.resume_tokens import SignedResumeTokens, resume_keys
from edge.adapters.websocket import listening_socket, serve_websockets
from edge.connection_limits import ConnectionLimiter
from edge.core.admission.overload import AdmissionControl
from edge.core.admission.session_quota import SessionQuota
from edge.core.audio.formats import InputFormat
from edge.core.connection_state import ConnectionPolicy
from edge.core.flow.leaky_bucket import RateLimit
from edge.ports import AudioDecoder, Ports
from edge.produce_queue import ByteBudget, Watermarks
from edge.registry import ConnectionRegistry
from edge.settings import EdgeSettings
from infra.clock import SystemClock
from infra.errors import SettingsError, Unavailable
from infra.identity import AsyncVerifier, IdentitySettings, TokenVerifier, login_secret
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage, run_stage
from infra.malloc import trim, tune_for_connections
from infra.settings import LocalSettings, SessionSettings, load
from infra.telemetry import get_logger
from infra.tls.contexts import server_context
from infra.tls.development import development_certificate
from infra.tls.reload import reload_when_changed
from schemas.wire import MAX_MESSAGE_BYTES

NAME = "edge"
_AUTH_MS = 5000
_RESUME_AFTER_END_S = 600
"""How long after its end a session can still be resumed: see docs/protocol.md, "What holds"."""
_CERTIFICATE_CHECK_S = 5.0
_PRODUCE_QUEUE_BYTES = Watermarks(high=64 * 1024 * 1024, low=48 * 1024 * 1024)
"""Of all connections together: what 500 speakers say in four seconds, and in three."""
_TRIM_INTERVAL_S = 60.0


async def serve(stage: Stage) -> None:
    settings, session = load(EdgeSettings), load(SessionSettings)
    kafka, identity, local = load(KafkaSettings), load(IdentitySettings), load(LocalSettings)
    clock = SystemClock()
    login = login_secret(identity, local)
    policy = ConnectionPolicy(
        session_s=session.max_s,
        grace_ms=int(session.grace_s * 1000),
        auth_ms=_AUTH_MS,
        message_bytes=MAX_MESSAGE_BYTES,
        token_notice_ms=int(settings.token_expiry_notice_s * 1000),
        leeway_ms=int(identity.leeway_s * 1000),
        max_sessions=settings.max_sessions_per_user,
        ingest_limit=RateLimit(settings.max_ingest_rate, settings.ingest_burst_s * 1000),
    )
    if settings.ordinal and kafka.bootstrap and not settings.resume_secret.get_secret_value():
        raise SettingsError(
            "EDGE_RESUME_SECRET is not set, and this is not the only edge.",
            "Set the same one for all edges, or sessions cannot be resumed at another edge.",
        )
    secrets = (settings.resume_secret.get_secret_value(), settings.resume_secret_previous.get_secret_value())
    resume_tokens = SignedResumeTokens(
        resume_keys(secrets, login),
        clock,
        valid_s=session.max_s + int(session.grace_s) + _RESUME_AFTER_END_S,
    )
    raise_open_file_limit(settings.max_connections)
    chain, key = Path(settings.tls_cert), Path(settings.tls_key)
    if not settings.tls_cert:
        made = development_certificate(local.data)
        chain, key = made.chain, made.key
    tls = server_context(chain, key)
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(kafka_session_log(kafka, settings.ordinal, settings.produce_timeout_s))
        replies = await stack.enter_async_context(kafka_reply_consumer(kafka, settings.ordinal))
        tokens = AsyncVerifier(TokenVerifier(identity, local))
        admission = AdmissionControl(settings.admission_max_lag_s, settings.admission_burst)
        budget = ByteBudget(_PRODUCE_QUEUE_BYTES)
        ports = Ports(log, tokens, resume_tokens, clock, decoder, SessionQuota(), admission, budget)
        registry = ConnectionRegistry(ports, policy)
        delivering = asyncio.create_task(registry.deliver(replies))
        stack.callback(delivering.cancel)
        reporting = asyncio.create_task(registry.report_lag())
        stack.callback(reporting.cancel)
        reloading = asyncio.create_task(
            reload_when_changed(tls, chain, key, every_s=_CERTIFICATE_CHECK_S, on_reload=_count_certificate)
        )
        stack.callback(reloading.cancel)
        trimming = asyncio.create_task(_trim_regularly())
        stack.callback(trimming.cancel)
        limiter = ConnectionLimiter(settings.handshake_rules)
        listener = listening_socket("EDGE_PORT", settings.host, settings.port)
        servers = [await stack.enter_async_context(serve_websockets(listener, tls, limiter, registry.handle))]
        if settings.plain_port:
            plain = listening_socket("EDGE_PLAIN_PORT", settings.plain_host, settings.plain_port)
            servers.append(await stack.enter_async_context(serve_websockets(plain, None, limiter, registry.handle)))
        get_logger(NAME).info("listening", wss=listener.getsockname(), plain_port=settings.plain_port or None)
        stage.ready()
        await _first(stage.stopping.wait(), log.broken.wait(), asyncio.shield(delivering))
        for server in servers:
            server.close(close_connections=False)  # No new clients; the connected ones are drained below.
        await registry.drain()
        if log.broken.is_set():
            raise Unavailable("The Kafka producer has failed for good.", "The log above says why; a restart may help.")


def decoder(audio: InputFormat) -> AudioDecoder:
    return ContainerDecoder(audio.encoding) if audio.is_container else PcmDecoder(audio)


def _count_certificate(loaded: bool) -> None:
    metrics.CERTIFICATE_RELOADS.labels("loaded" if loaded else "refused").inc()


async def _trim_regularly() -> None:
    while True:
        await asyncio.sleep(_TRIM_INTERVAL_S)
        trim()


async def _first(*happenings: Awaitable[object]) -> None:
    """Returns when the first of them is done; raises what it raised."""
    waiting = [asyncio.ensure_future(happening) for happening in happenings]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
    for each in done:
        each.result()


def main() -> None:
    tune_for_connections()
    run_stage(NAME, serve)


if __name__ == "__main__":
    main()
