"""Resume tokens: signed like login tokens, but with a key and an audience of their own: neither passes as the other."""

from collections.abc import Sequence

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import ValidationError

from edge.core.effects import Claim
from infra.clock import Clock
from schemas.base import Schema
from schemas.wire import AudioFormat

AUDIENCE = "rostrum-resume"
_ALGORITHM = "HS256"


class _Claims(Schema):
    sub: str
    session_id: str
    competition: str | None
    audio: AudioFormat


def resume_keys(resume_secrets: Sequence[str], login_secret: str) -> tuple[bytes, ...]:
    """The keys of resume tokens, the signing one first: from the secrets that were set for them, empty ones left out,
    else from the login's. HKDF (RFC 5869) makes keys of which none tells anything about the others."""
    secrets = [secret for secret in resume_secrets if secret] or [login_secret]
    return tuple(_key(secret.encode()) for secret in secrets)


def _key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=AUDIENCE.encode()).derive(secret)


class SignedResumeTokens:
    """`edge.ports.ResumeTokens`. A token lives as long as its session can. `keys`: the first one signs, all are
    believed."""

    def __init__(self, keys: Sequence[bytes], clock: Clock, valid_s: int) -> None:
        self._keys = keys
        self._clock = clock
        self._valid_s = valid_s

    def issue(self, claim: Claim) -> str:
        now_s = self._clock.now_ms() // 1000
        claims = _Claims(
            sub=claim.user_id, session_id=claim.session_id, competition=claim.competition, audio=claim.audio
        )
        times = {"aud": AUDIENCE, "iat": now_s, "exp": now_s + self._valid_s}
        return jwt.encode(claims.model_dump() | times, self._keys[0], algorithm=_ALGORITHM)

    def read(self, token: str) -> Claim | None:
        """None for a token that is none of ours, or too old."""
        for key in self._keys:
            try:
                content = jwt.decode(
                    token, key, algorithms=[_ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
                )
                claims = _Claims.model_validate(content)
            except (jwt.InvalidTokenError, ValidationError):
                continue
            return Claim(claims.session_id, claims.sub, claims.competition, claims.audio)
        return None
