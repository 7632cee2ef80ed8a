"""Authentication of requests by bearer token."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from analytics.core.access import Principal
from analytics.errors import Unauthenticated
from infra.identity import AsyncVerifier, TokenVerifier

_BEARER = HTTPBearer(auto_error=False, description="The same JWT as for the edge; `rostrum token --user ID` makes one.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class Authentication:
    """Dependencies for routes: the principal, optional or required."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._tokens = AsyncVerifier(verifier)

    async def optional(self, credentials: _Credentials) -> Principal | None:
        """None without a token. An invalid token is an error even where none is required."""
        if credentials is None:
            return None
        identity = await self._tokens.verify(credentials.credentials)
        return Principal(identity.user_id, identity.org, identity.groups, identity.roles)

    async def required(self, credentials: _Credentials) -> Principal:
        principal = await self.optional(credentials)
        if principal is None:
            raise Unauthenticated("not_signed_in", "This needs a token.", "Send the header `Authorization: Bearer …`.")
        return principal
