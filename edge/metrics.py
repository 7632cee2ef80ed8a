"""Every metric of the edge, with its kind and unit."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("rostrum_edge_connections", "Open sockets.")
SESSIONS_STARTED = Counter("rostrum_edge_sessions_started_total", "Sessions started.")
RESUMES = Counter(
    "rostrum_edge_resumes_total",
    "Connections that asked to resume a session; `outcome` is `resumed`, `invalid` (the token), or why the transcriber "
    "could not: `no_session`, `frame_gap`. Those with another user's token are among the closes with 4403.",
    ["outcome"],
)
FRAMES_APPENDED = Counter("rostrum_edge_frames_appended_total", "Frames of 250 ms that Kafka has accepted.")
AUDIO_APPENDED_BYTES = Counter("rostrum_edge_audio_appended_bytes_total", "Bytes of audio that Kafka has accepted.")
PRODUCE_DURATION_SECONDS = Histogram(
    "rostrum_edge_produce_duration_seconds",
    "From handing a record to the producer to its acknowledgement by all in-sync replicas.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40),
)
ACK_DELAY_SECONDS = Histogram(
    "rostrum_edge_ack_delay_seconds",
    "From receiving a message of audio to acknowledging each frame in it; without the acks that are withheld while a "
    "client resumes.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40),
)
PRODUCE_QUEUE_RECORDS = Gauge("rostrum_edge_produce_queue_records", "Records of all sessions that wait for Kafka.")
PRODUCE_QUEUE_BYTES = Gauge("rostrum_edge_produce_queue_bytes", "Bytes of those, and of those in flight to Kafka.")
PAUSED_READS = Gauge(
    "rostrum_edge_paused_reads",
    "Sockets that are not being read; `reason` is `kafka` (too much waits for it) or `ahead` (a recording is too far "
    "ahead of the transcriber).",
    ["reason"],
)
SEND_QUEUE_MESSAGES = Gauge(
    "rostrum_edge_send_queue_messages", "Messages of all sessions that wait for their clients to read."
)
SEND_QUEUE_BYTES = Gauge(
    "rostrum_edge_send_queue_bytes", "Bytes of those, and of those in this process's socket buffers."
)
TRANSCRIPTION_LAG_SECONDS = Gauge(
    "rostrum_edge_transcription_lag_seconds",
    "Seconds of audio by which the transcriber is behind; nine of ten sessions do not exceed it.",
)
ADMISSION_CLOSED = Gauge(
    "rostrum_edge_admission_closed", "1 while no session may start, because the transcriber is too far behind."
)
CONNECTIONS_CLOSED = Counter(
    "rostrum_edge_connections_closed_total",
    "Connections that ended; `code` is the edge's close code, or `gone` if the client left.",
    ["code"],
)
SESSIONS_REJECTED = Counter(
    "rostrum_edge_sessions_rejected_total",
    "Starts beyond a limit; `limit` is `user` (concurrent sessions), `competition` (one each) or `load` (the "
    "transcriber is behind, or may soon be).",
    ["limit"],
)
CONNECTIONS_REJECTED = Counter(
    "rostrum_edge_connections_rejected_total",
    "Handshakes answered by an HTTP error; `reason` is `path`, `origin`, `plain`, `address` or `total`.",
    ["reason"],
)
DECODE_DURATION_SECONDS = Histogram(
    "rostrum_edge_decode_duration_seconds",
    "From a message of audio to the same in the log's format; nothing is observed for audio that is in it already.",
    ["encoding"],
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
)
DECODE_FAILURES = Counter(
    "rostrum_edge_decode_failures_total", "Invalid containers, and containers of something other than Opus."
)
CERTIFICATE_RELOADS = Counter(
    "rostrum_edge_certificate_reloads_total",
    "Changed TLS certificates; `outcome` is `loaded`, or `refused` if the older one stays.",
    ["outcome"],
)
AUTH_FAILURES = Counter("rostrum_edge_auth_failures_total", "Login tokens that were rejected.", ["reason"])
REPLIES_INVALID = Counter(
    "rostrum_edge_replies_invalid_total", "Replies for this edge's sessions that could not be parsed."
)
