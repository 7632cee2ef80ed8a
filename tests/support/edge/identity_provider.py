"""An identity provider: its keys, the JWKS they are published in, and the tokens it signs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from infra.identity import ProviderUnavailable

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def rsa(bits: int = 2048) -> RSAPrivateKey:
    return generate_rsa(public_exponent=65537, key_size=bits)


def public_jwk(kid: str, key: PrivateKey) -> dict[str, Any]:
    match key:
        case RSAPrivateKey():
            described = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case EllipticCurvePrivateKey():
            described = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case Ed25519PrivateKey():
            described = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**described, "kid": kid, "use": "sig"}


@dataclass
class Provider:
    """`document` is the JWKS; `up`: whether it answers; `reads`: how often it was asked. `revoked`: tokens that its
    introspection calls inactive; `claims`: those that all its tokens bear, unless they are told otherwise."""

    keys: dict[str, PrivateKey] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    up: bool = True
    reads: int = 0
    revoked: set[str] = field(default_factory=set)
    asked: list[tuple[str | None, bytes]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)

    def add(self, kid: str, key: PrivateKey, **members: Any) -> None:
        self.keys[kid] = key
        self.published.append(public_jwk(kid, key) | members)

    def remove(self, kid: str) -> None:
        self.published = [key for key in self.published if key["kid"] != kid]

    @property
    def document(self) -> bytes:
        return json.dumps({"keys": self.published}).encode()

    def fetch(self) -> bytes:
        self.reads += 1
        if not self.up:
            raise ProviderUnavailable("The provider is down.", "Start it.")
        return self.document

    def token(self, kid: str, algorithm: str, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        claims = {"sub": "ada", "exp": int(time.time()) + 600} | self.claims | claims
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(
            kept, self.keys[kid], algorithm=algorithm, headers={"kid": kid} if headers is None else headers
        )


def provider() -> Provider:
    """With a key of each kind."""
    made = Provider()
    made.add("r", rsa())
    made.add("e", generate_private_key(SECP256R1()))
    made.add("d", Ed25519PrivateKey.generate())
    return made


@contextmanager
def serving(played: Provider) -> Iterator[str]:
    """The provider's address on loopback: `/jwks` and `/introspect`, and `/elsewhere`, which leads to the former."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            played.reads += 1
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/jwks")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.answer(200 if played.up else 503, played.document)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            played.asked.append((self.headers["Authorization"], body))
            token = body.decode().removeprefix("token=").partition("&")[0]
            self.answer(200 if played.up else 503, json.dumps({"active": token not in played.revoked}).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Tests print nothing of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
