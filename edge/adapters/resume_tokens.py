"""Resume tokens: signed like login tokens, but with a key and an audience of their own: neither passes as the other."""

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.clock import Clock

AUDIENCE = "rostrum-resume"
_ALGORITHM = "HS256"


def resume_key(resume_secret: str, login_secret: str) -> bytes:
    """The key of resume tokens: from the secret that was set for them, else from the login's. HKDF (RFC 5869) makes
    keys of which none tells anything about the others."""
    secret = (resume_secret or login_secret).encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=AUDIENCE.encode()).derive(secret)


class SignedResumeTokens:
    """`edge.service.ResumeTokens`. A token lives as long as its session can."""

    def __init__(self, key: bytes, clock: Clock, valid_s: int) -> None:
        self._key = key
        self._clock = clock
        self._valid_s = valid_s

    def issue(self, session_id: str, user_id: str) -> str:
        now_s = self._clock.now_ms() // 1000
        claims = {"aud": AUDIENCE, "sub": user_id, "session_id": session_id, "iat": now_s, "exp": now_s + self._valid_s}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)
