"""Every metric of this stage."""

from prometheus_client import Counter, Gauge, Histogram

WINDOWS = Counter("rostrum_transcribe_windows_total", "Windows heard", ["outcome"])
AUDIO_SECONDS = Counter("rostrum_transcribe_window_audio_seconds_total", "Audio in the windows heard, in seconds")
MODEL_SECONDS = Counter(
    "rostrum_transcribe_inference_seconds_total", "Time of all workers in which batches were being heard, in seconds"
)
REAL_TIME_FACTOR = Histogram(
    "rostrum_transcribe_real_time_factor",
    "Time of a batch per second of new audio in it",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
)
BATCH_WINDOWS = Histogram(
    "rostrum_transcribe_batch_windows", "Windows in one call of the model", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
STEP_SECONDS = Counter(
    "rostrum_transcribe_inference_step_seconds_total",
    "Time of all workers in one step of the model, in seconds",
    ["step"],
)
WINDOW_DELAY = Histogram(
    "rostrum_transcribe_window_delay_seconds",
    "From the time in the log of the frame that made a window due to its having been heard",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0),
)
WORDS_DROPPED = Counter("rostrum_transcribe_words_filtered_total", "Words heard that nobody can have said", ["rule"])
FINALS = Counter("rostrum_transcribe_finals_total", "Finals published")
WORDS = Counter("rostrum_transcribe_words_total", "Words published in finals")
SESSIONS_ENDED = Counter("rostrum_transcribe_sessions_ended_total", "Sessions transcribed to their end", ["cause"])
SESSIONS_OPEN = Gauge("rostrum_transcribe_open_sessions", "Sessions begun and not ended")
RECORDS_WAITING = Gauge("rostrum_transcribe_buffered_records", "Records read that wait for a window to be heard")
RECORDS_DROPPED = Counter("rostrum_transcribe_records_ignored_total", "Records that changed nothing", ["reason"])
RECORDS_REJECTED = Counter("rostrum_transcribe_dead_letters_total", "Records sent to the dead letters")
