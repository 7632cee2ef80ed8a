"""Asks a token's issuer whether it is still active (OAuth 2.0 Token Introspection, RFC 7662)."""

import httpx

from infra.identity import metrics
from infra.identity.errors import ProviderUnavailable, TokenRefused
from infra.identity.settings import IdentitySettings


class Introspection:
    """Thread-safe. Results are not cached, so that a revocation takes effect at once."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._url = settings.introspection_url
        secret = settings.introspection_client_secret.get_secret_value()
        auth = httpx.BasicAuth(settings.introspection_client_id, secret) if settings.introspection_client_id else None
        self._http = httpx.Client(timeout=settings.timeout_s, auth=auth)

    def confirm(self, token: str, user_id: str) -> None:
        """Raises TokenRefused if the token is no longer active or belongs to another user, ProviderUnavailable if the
        issuer does not answer."""
        try:
            answer = self._http.post(self._url, data={"token": token, "token_type_hint": "access_token"})
            answer.raise_for_status()
            content = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            metrics.TOKEN_INTROSPECTIONS.labels("failed").inc()
            reason = str(error) or type(error).__name__
            raise ProviderUnavailable(f"EDGE_JWT_INTROSPECTION_URL: {reason}.", "Is it reachable?") from error
        # RFC 7662, section 2.2: `active` is the only required member.
        active = isinstance(content, dict) and content.get("active") is True
        if not active or content.get("sub", user_id) != user_id:
            metrics.TOKEN_INTROSPECTIONS.labels("inactive").inc()
            raise TokenRefused("revoked", "The token is no longer active.", "Get a fresh token and connect again.")
        metrics.TOKEN_INTROSPECTIONS.labels("active").inc()
