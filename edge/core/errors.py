"""Everything the edge tells a client it did wrong, or cannot have: each error with its texts and its close code."""

from dataclasses import dataclass

from schemas.wire import Error

RETRY_AFTER_MS = 5000
"""How long a client should wait after a failure of something behind the edge."""


@dataclass(frozen=True)
class ProtocolError:
    """An error of the protocol; docs/protocol.md lists them all."""

    code: str
    """For programs."""
    message: str
    """What is wrong, for people."""
    hint: str
    """How to fix it."""
    close_code: int | None = None
    """The code that the connection is closed with where the error is fatal; None if it never is."""
    retry_after_ms: int | None = None

    def to_wire(self, *, fatal: bool) -> Error:
        return Error(
            code=self.code, message=self.message, hint=self.hint, fatal=fatal, retry_after_ms=self.retry_after_ms
        )


# The message itself.


def bad_json(detail: str) -> ProtocolError:
    return ProtocolError(
        "bad_json", f"This text message is not a JSON object: {detail}.", "Send one JSON object with a `type`."
    )


def bad_message(detail: str) -> ProtocolError:
    return ProtocolError("bad_message", detail, "docs/protocol.md lists each type's fields and their values.")


def unknown_type(known: tuple[str, ...]) -> ProtocolError:
    return ProtocolError("unknown_type", "There is no such message type.", f"The types are: {', '.join(known)}.")


# Login tokens.


def not_authorised(detail: str) -> ProtocolError:
    return ProtocolError(
        "not_authorised",
        f"The first message must be a token. {detail}",
        'Send {"type": "auth", "token": …} first.',
        close_code=4401,
    )


def token_rejected(reason: str, message: str, hint: str) -> ProtocolError:
    return ProtocolError(f"token_{reason}", message, hint, close_code=4401)


def token_missing(after_ms: int) -> ProtocolError:
    return ProtocolError(
        "token_missing",
        f"No token arrived within {after_ms / 1000:g} s.",
        "Send `auth` as soon as the socket is open.",
        close_code=4408,
    )


def wrong_user() -> ProtocolError:
    return ProtocolError(
        "wrong_user",
        "This token belongs to a different user from the one this connection began with.",
        "Open a separate connection for each user.",
        close_code=4403,
    )


def token_expired() -> ProtocolError:
    return ProtocolError(
        "token_expired",
        "The token expired and no fresh one arrived.",
        "Send `auth` with a fresh token before the old one expires.",
        close_code=4401,
    )


def login_unavailable() -> ProtocolError:
    """Fatal only if no token was verified on this connection before."""
    return ProtocolError(
        "login_unavailable",
        "The identity provider does not answer, so your token cannot be checked now.",
        "Try again shortly.",
        close_code=1013,
        retry_after_ms=RETRY_AFTER_MS,
    )


# Starting a session.


def too_many_sessions(limit: int, *, competition: bool) -> ProtocolError:
    which = "of this competition" if competition else "open"
    return ProtocolError(
        "too_many_sessions",
        f"You already have {limit} session{'s'[: limit != 1]} {which}, which is the limit.",
        "End one first: send `end` there, or close its connection.",
        close_code=4429,
    )


def overloaded(retry_after_ms: int) -> ProtocolError:
    return ProtocolError(
        "overloaded",
        "The server is at capacity: another speaker could not be transcribed without delay.",
        "Start again a little later; nothing was stored.",
        close_code=1013,
        retry_after_ms=retry_after_ms,
    )


def not_started(what: str) -> ProtocolError:
    return ProtocolError(
        "not_started", f"{what} arrived before `started`.", "Send `start`, wait for `started`, then send it again."
    )


def already_started() -> ProtocolError:
    return ProtocolError(
        "already_started",
        "This connection already has a session.",
        "Open another connection for another session.",
        close_code=4400,
    )


def session_ended(what: str) -> ProtocolError:
    return ProtocolError(
        "session_ended", f"{what} arrived after the end of the session and was ignored.", "Wait for the report."
    )


# Resuming a session.

_REPORT_AT_API = "If it was yours, its report is at the HTTP API. Start a new session with a plain `start`."


def resume_invalid() -> ProtocolError:
    return ProtocolError(
        "resume_invalid",
        "This `resume` is not a valid resume token, or its session ended too long ago.",
        _REPORT_AT_API,
        close_code=4404,
    )


def not_your_session() -> ProtocolError:
    return ProtocolError(
        "not_your_session",
        "This session belongs to another user.",
        "Connect with a login token of the user who began it.",
        close_code=4403,
    )


def no_session() -> ProtocolError:
    return ProtocolError(
        "no_session", "There is no such session, or it ended too long ago.", _REPORT_AT_API, close_code=4404
    )


def frame_gap(from_frame: int) -> ProtocolError:
    return ProtocolError(
        "frame_gap",
        f"Frames before {from_frame} are missing: the server does not hold that many.",
        "Resume with `from_frame` set to the last `ack.frames`, and send every sample from there on.",
        close_code=4400,
    )


def superseded() -> ProtocolError:
    return ProtocolError(
        "superseded",
        "The session continues on another connection.",
        "If you opened that connection, nothing is wrong; otherwise close it.",
        close_code=4409,
    )


# Audio.


def unsupported_audio(given: str, supported: str) -> ProtocolError:
    return ProtocolError(
        "unsupported_audio",
        f"This audio format is not supported: {given}.",
        f"Convert the audio before sending it. Supported: {supported}.",
        close_code=4400,
    )


def broken_audio(encoding: str, detail: str) -> ProtocolError:
    return ProtocolError(
        "broken_audio",
        f"The data is not valid {encoding}: {detail}.",
        "Send the container from its first byte, complete and in order, or announce its actual format.",
        close_code=4400,
    )


def bad_audio(length_bytes: int, sample_bytes: int) -> ProtocolError:
    return ProtocolError(
        "bad_audio",
        f"A binary message of {length_bytes} bytes is not a whole number of samples ({sample_bytes} bytes each).",
        "Split the audio between samples; what follows a torn one would be noise.",
        close_code=4400,
    )


def message_too_large(length_bytes: int, limit_bytes: int) -> ProtocolError:
    return ProtocolError(
        "message_too_large",
        f"A binary message of {length_bytes} bytes is too large: a second of audio has at most {limit_bytes} bytes.",
        "Send messages of 250 ms.",
        close_code=1009,
    )


def too_fast(rate: int, burst_s: int) -> ProtocolError:
    return ProtocolError(
        "too_fast",
        f"The audio arrived faster than {rate} times real time, beyond a burst of {burst_s} s.",
        "Send recordings more slowly. What was acknowledged is safe.",
        close_code=4429,
    )


def session_too_long(session_s: int) -> ProtocolError:
    return ProtocolError(
        "session_too_long",
        f"The session reached its maximum length of {session_s} s and was ended.",
        "Start a new session to continue.",
        close_code=4413,
    )


# The edge's own limits and failures.


def not_kept() -> ProtocolError:
    return ProtocolError(
        "not_kept",
        "Something you sent could not be stored. What was acknowledged is safe.",
        "Connect again shortly.",
        close_code=1013,
        retry_after_ms=RETRY_AFTER_MS,
    )


def too_slow() -> ProtocolError:
    return ProtocolError(
        "too_slow",
        "Too many messages are waiting for you: you read more slowly than your words are recognised.",
        "Read from the socket all the time, also while sending.",
        close_code=1013,
    )
