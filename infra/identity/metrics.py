"""Metrics of logins; every process that verifies tokens exports them."""

from prometheus_client import Counter

JWKS_FETCHES = Counter(
    "rostrum_jwks_fetches_total", "Times the public keys were fetched; `outcome` is `read` or `failed`.", ["outcome"]
)
TOKEN_INTROSPECTIONS = Counter(
    "rostrum_token_introspections_total",
    "Token introspections; `outcome` is `active`, `inactive` or `failed`.",
    ["outcome"],
)
