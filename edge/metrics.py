"""Every metric of the edge, with its kind and unit."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("rostrum_edge_connections", "Sockets that are open now.")
SESSIONS = Counter("rostrum_edge_sessions_started_total", "Sessions that were started.")
RESUMES = Counter(
    "rostrum_edge_resumes_total",
    "Connections that wanted to go on with a session; `outcome` is `resumed`, `invalid` (the token), or why the "
    "transcriber could not: `no_session`, `frame_gap`. Another user's is among the closes with 4403.",
    ["outcome"],
)
FRAMES = Counter("rostrum_edge_frames_appended_total", "Frames of 250 ms that the log has accepted.")
AUDIO_BYTES = Counter("rostrum_edge_audio_appended_bytes_total", "Bytes of audio that the log has accepted.")
APPEND_SECONDS = Histogram(
    "rostrum_edge_produce_duration_seconds",
    "From handing a record to the producer to its acknowledgement by all replicas in sync.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40),
)
ACK_SECONDS = Histogram(
    "rostrum_edge_ack_delay_seconds",
    "From receiving a message of audio to acknowledging each frame in it; without the acks that are withheld while a "
    "client resumes.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40),
)
UNWRITTEN = Gauge("rostrum_edge_produce_queue_records", "Records of all sessions that wait for Kafka.")
UNWRITTEN_BYTES = Gauge(
    "rostrum_edge_produce_queue_bytes", "Bytes of those, and of those that Kafka has not accepted yet."
)
UNREAD = Gauge(
    "rostrum_edge_paused_reads",
    "Sockets that are not read now; `reason` is `kafka` (too much waits for it) or `ahead` (a recording came too far "
    "ahead of the transcriber).",
    ["reason"],
)
UNSENT = Gauge("rostrum_edge_send_queue_messages", "Messages of all sessions that wait for their clients to read.")
UNSENT_BYTES = Gauge(
    "rostrum_edge_send_queue_bytes", "Bytes of those, and of those in the sockets' buffers of this process."
)
LAG_SECONDS = Gauge(
    "rostrum_edge_transcription_lag_seconds",
    "Seconds of audio by which the transcriber is behind nine of ten speakers, at most.",
)
SHUT = Gauge(
    "rostrum_edge_admission_closed", "1 while nobody may begin a session, because the transcriber is too far behind."
)
CLOSES = Counter(
    "rostrum_edge_connections_closed_total",
    "Connections that ended; `code` is that of our close, or `gone` if the client left.",
    ["code"],
)
SESSIONS_REFUSED = Counter(
    "rostrum_edge_sessions_rejected_total",
    "Starts beyond a limit; `limit` is `user` (sessions at once), `competition` (one each) or `load` (the transcriber "
    "is behind, or may soon be).",
    ["limit"],
)
CONNECTIONS_REFUSED = Counter(
    "rostrum_edge_connections_rejected_total",
    "Handshakes answered by an HTTP error; `reason` is `path`, `origin`, `plain`, `address` or `total`.",
    ["reason"],
)
CONVERT_SECONDS = Histogram(
    "rostrum_edge_decode_duration_seconds",
    "From a message of audio to the log's audio made of it; not for what comes in the log's own format.",
    ["encoding"],
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
)
AUDIO_BROKEN = Counter(
    "rostrum_edge_decode_failures_total", "Containers that were none, or held something else than Opus."
)
CERTIFICATE_LOADS = Counter(
    "rostrum_edge_certificate_reloads_total",
    "Changed TLS certificates; `outcome` is `loaded`, or `refused` and the older one stays.",
    ["outcome"],
)
TOKENS_REFUSED = Counter("rostrum_edge_auth_failures_total", "Login tokens that proved nothing.", ["reason"])
REPLIES_UNREADABLE = Counter("rostrum_edge_replies_invalid_total", "Replies for our sessions that could not be parsed.")
