"""Structured logs with session ids, and without secrets or transcript text at the default level."""

import logging
import sys

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from infra.log_throttle import ThrottleFilter

_SECRET_NAMES = ("token", "secret", "password", "authorization", "api_key")


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last line of defence: a field that is named like a secret is never logged."""
    for name in event:
        if any(secret in name.lower() for secret in _SECRET_NAMES):
            event[name] = "[redacted]"
    return event


def configure_logging(stage: str, level: str, form: str) -> None:
    """Set up logging for this process and its libraries, in one format. `form`: auto, json or text."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if as_json else structlog.processors.StackInfoRenderer(),
        _redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(),
            ],
        )
    )
    handler.addFilter(ThrottleFilter(("aiokafka",)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # At INFO these log every connection, request and window; the stages themselves log sessions.
    for noisy in ("aiokafka", "faster_whisper", "faststream", "httpx", "uvicorn", "websockets"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.contextvars.bind_contextvars(stage=stage)


Logger = structlog.stdlib.BoundLogger


def get_logger(name: str) -> Logger:
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
