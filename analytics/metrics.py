"""What analytics counts, in one place."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("rostrum_analytics_events_total", "Events stored, repetitions included.", ["topic"])
ROWS = Counter("rostrum_analytics_rows_inserted_total", "Rows inserted, repetitions included.", ["table"])
POISON = Counter("rostrum_analytics_dead_letters_total", "Records that could not be handled.", ["topic"])
RETRIES = Counter("rostrum_analytics_retries_total", "Attempts that failed and were made again.", ["part"])
STORE_S = Histogram("rostrum_analytics_insert_duration_seconds", "Time to store one batch, in seconds.")
BEHIND_S = Gauge("rostrum_analytics_ingest_lag_seconds", "Age of the newest event when it was stored, in seconds.")
REQUESTS = Counter("rostrum_analytics_http_requests_total", "Answers of the HTTP API.", ["method", "route", "status"])
