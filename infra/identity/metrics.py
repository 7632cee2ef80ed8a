"""Metrics of logins, with their kind and unit; every process that checks tokens has them."""

from prometheus_client import Counter

JWKS_READS = Counter(
    "rostrum_jwks_fetches_total", "Times the public keys were read; `outcome` is `read` or `failed`.", ["outcome"]
)
INTROSPECTIONS = Counter(
    "rostrum_token_introspections_total",
    "Tokens asked about; `outcome` is `active`, `inactive` or `failed`.",
    ["outcome"],
)
