"""Metrics of the stages that handle event by event."""

from prometheus_client import Counter, Gauge

MESSAGES_IN_FLIGHT = Gauge("rostrum_handler_messages_in_flight", "Messages being handled.", ["topic"])
DEAD_LETTERS = Counter("rostrum_handler_dead_letters_total", "Messages sent to the dead-letter queue.", ["topic"])
