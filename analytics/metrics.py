"""All metrics of the analytics stage."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("rostrum_analytics_events_total", "Events stored, duplicates included.", ["topic"])
ROWS_INSERTED = Counter("rostrum_analytics_rows_inserted_total", "Rows inserted, duplicates included.", ["table"])
DEAD_LETTERS = Counter("rostrum_analytics_dead_letters_total", "Records sent to the dead letters.", ["topic"])
RETRIES = Counter("rostrum_analytics_retries_total", "Failed attempts that were retried.", ["part"])
INSERT_DURATION_SECONDS = Histogram("rostrum_analytics_insert_duration_seconds", "Time to store one batch.")
INGEST_LAG_SECONDS = Gauge(
    "rostrum_analytics_ingest_lag_seconds", "Age of the newest event of a batch when it was stored."
)
HTTP_REQUESTS = Counter(
    "rostrum_analytics_http_requests_total", "Requests to the HTTP API.", ["method", "route", "status"]
)
