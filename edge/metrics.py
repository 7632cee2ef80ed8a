"""Every metric of the edge, with its kind and unit."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("rostrum_edge_connections", "Sockets that are open now.")
SESSIONS = Counter("rostrum_edge_sessions", "Sessions that were started.")
FRAMES = Counter("rostrum_edge_frames", "Frames of 250 ms that the log has accepted.")
AUDIO_BYTES = Counter("rostrum_edge_audio_bytes", "Bytes of audio that the log has accepted.")
APPEND_SECONDS = Histogram(
    "rostrum_edge_append_seconds",
    "From handing a record to the producer to its acknowledgement by all replicas in sync.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40),
)
CLOSES = Counter(
    "rostrum_edge_closes", "Connections that ended; `code` is ours, or `gone` if the client left.", ["code"]
)
TOKENS_REFUSED = Counter("rostrum_edge_tokens_refused", "Login tokens that proved nothing.", ["reason"])
REPLIES_UNREADABLE = Counter("rostrum_edge_replies_unreadable", "Replies for our sessions that could not be parsed.")
