"""Resume tokens: signed like login tokens, but with their own key and audience, so that neither passes as the other."""

from collections.abc import Sequence

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import ValidationError

from edge.core.effects import ResumeClaims
from infra.clock import Clock
from schemas.base import Schema
from schemas.wire import AudioFormat

AUDIENCE = "rostrum-resume"
_ALGORITHM = "HS256"


class _Payload(Schema):
    sub: str
    session_id: str
    competition: str | None
    audio: AudioFormat


def resume_keys(resume_secrets: Sequence[str], login_secret: str) -> tuple[bytes, ...]:
    """The keys of resume tokens, the signing one first: derived from the secrets set for them, without empty ones, else
    from the login's. HKDF (RFC 5869) derives keys that reveal nothing about each other."""
    secrets = [secret for secret in resume_secrets if secret] or [login_secret]
    return tuple(_key(secret.encode()) for secret in secrets)


def _key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=AUDIENCE.encode()).derive(secret)


class SignedResumeTokens:
    """`edge.ports.ResumeTokens`. A token is valid as long as its session can last. `keys`: the first one signs, all are
    accepted."""

    def __init__(self, keys: Sequence[bytes], clock: Clock, valid_s: int) -> None:
        self._keys = keys
        self._clock = clock
        self._valid_s = valid_s

    def issue(self, claims: ResumeClaims) -> str:
        now_s = self._clock.now_ms() // 1000
        payload = _Payload(
            sub=claims.user_id, session_id=claims.session_id, competition=claims.competition, audio=claims.audio
        )
        times = {"aud": AUDIENCE, "iat": now_s, "exp": now_s + self._valid_s}
        return jwt.encode(payload.model_dump() | times, self._keys[0], algorithm=_ALGORITHM)

    def read(self, token: str) -> ResumeClaims | None:
        """None for a token that is not valid, or too old."""
        for key in self._keys:
            try:
                content = jwt.decode(
                    token, key, algorithms=[_ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
                )
                payload = _Payload.model_validate(content)
            except (jwt.InvalidTokenError, ValidationError):
                continue
            return ResumeClaims(payload.session_id, payload.sub, payload.competition, payload.audio)
        return None
