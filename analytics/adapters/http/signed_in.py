"""Who asks: the bearer token of a request."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from analytics.core.access import Reader
from analytics.reading import NotSignedIn
from infra.identity import AsyncVerifier, TokenVerifier

_BEARER = HTTPBearer(auto_error=False, description="The same JWT as for the edge; `rostrum token --user ID` makes one.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class SignedIn:
    """Two dependencies for routes: who asks if they say so, and who asks."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._tokens = AsyncVerifier(verifier)

    async def maybe(self, credentials: _Credentials) -> Reader | None:
        """None without a token; a token that is refused is an error even where none is needed."""
        if credentials is None:
            return None
        identity = await self._tokens.verify(credentials.credentials)
        return Reader(identity.user_id, identity.org, identity.groups, identity.roles)

    async def reader(self, credentials: _Credentials) -> Reader:
        found = await self.maybe(credentials)
        if found is None:
            raise NotSignedIn("not_signed_in", "This needs a token.", "Send the header `Authorization: Bearer …`.")
        return found
