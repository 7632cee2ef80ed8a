"""What the stages with handlers count, in one place."""

from prometheus_client import Counter, Gauge

IN_HAND = Gauge("rostrum_handler_messages_in_flight", "Messages being handled", ["topic"])
DEAD_LETTERS = Counter("rostrum_handler_dead_letters_total", "Messages that could not be handled", ["topic"])
