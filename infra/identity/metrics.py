"""Metrics of logins, with their kind and unit; every process that checks tokens has them."""

from prometheus_client import Counter

JWKS_READS = Counter(
    "rostrum_jwks_reads", "Times the public keys were read; `outcome` is `read` or `failed`.", ["outcome"]
)
INTROSPECTIONS = Counter(
    "rostrum_introspections",
    "Tokens asked about; `outcome` is `active`, `inactive` or `failed`.",
    ["outcome"],
)
