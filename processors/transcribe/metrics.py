"""Every metric of this stage."""

from prometheus_client import Counter, Gauge, Histogram

WINDOWS = Counter("rostrum_transcribe_windows_total", "Windows recognised, or failed to be recognised", ["outcome"])
WINDOW_AUDIO_SECONDS = Counter("rostrum_transcribe_window_audio_seconds_total", "Audio in those windows, in seconds")
INFERENCE_SECONDS = Counter(
    "rostrum_transcribe_inference_seconds_total", "Time that all workers spent on batches, in seconds"
)
REAL_TIME_FACTOR = Histogram(
    "rostrum_transcribe_real_time_factor",
    "Time of a batch per second of new audio in it",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
)
BATCH_WINDOWS = Histogram(
    "rostrum_transcribe_batch_windows", "Windows in one call of the model", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
INFERENCE_STEP_SECONDS = Counter(
    "rostrum_transcribe_inference_step_seconds_total",
    "Time that all workers spent in one step of the model, in seconds",
    ["step"],
)
WINDOW_DELAY_SECONDS = Histogram(
    "rostrum_transcribe_window_delay_seconds",
    "From the log's time of the frame that made a window due until the window is recognised",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0),
)
WORDS_FILTERED = Counter(
    "rostrum_transcribe_words_filtered_total", "Recognised words that cannot have been said", ["rule"]
)
FINALS = Counter("rostrum_transcribe_finals_total", "Finals published")
WORDS = Counter("rostrum_transcribe_words_total", "Words published in finals")
SESSIONS_ENDED = Counter("rostrum_transcribe_sessions_ended_total", "Sessions transcribed to their end", ["cause"])
OPEN_SESSIONS = Gauge("rostrum_transcribe_open_sessions", "Sessions that have begun and not ended")
BUFFERED_RECORDS = Gauge("rostrum_transcribe_buffered_records", "Records read that wait for a window of their session")
RECORDS_IGNORED = Counter("rostrum_transcribe_records_ignored_total", "Records that changed nothing", ["reason"])
DEAD_LETTERS = Counter("rostrum_transcribe_dead_letters_total", "Records sent to the dead-letter queue")
