"""Everything the edge tells a client it did wrong, or cannot have: the protocol's `error` messages."""

from schemas.wire import Error


def _error(code: str, message: str, hint: str, *, retry_after_ms: int | None = None) -> Error:
    return Error(code=code, message=message, hint=hint, fatal=False, retry_after_ms=retry_after_ms)


def fatal(error: Error) -> Error:
    """The same, with a close following it."""
    return error.model_copy(update={"fatal": True})


# What a message itself is.


def bad_json(detail: str) -> Error:
    return _error("bad_json", f"This text message is no JSON: {detail}.", "Send one JSON object with a `type`.")


def bad_message(detail: str) -> Error:
    return _error("bad_message", detail, "docs/protocol.md lists each type's fields and what they may hold.")


def unknown_type(known: tuple[str, ...]) -> Error:
    return _error("unknown_type", "There is no such message type.", f"The types are: {', '.join(known)}.")


# Who is speaking.


def not_authorised(detail: str) -> Error:
    return _error(
        "not_authorised", f"The first message must be a token. {detail}", 'Send {"type": "auth", "token": …} first.'
    )


def token_refused(reason: str, message: str, hint: str) -> Error:
    return _error(f"token_{reason}", message, hint)


def token_missing(after_ms: int) -> Error:
    return _error(
        "token_missing", f"No token came within {after_ms / 1000:g} s.", "Send `auth` as soon as the socket is open."
    )


def wrong_user() -> Error:
    return _error(
        "wrong_user",
        "This token is another user's than the one the connection began with.",
        "Open a connection of its own for another user.",
    )


def token_expired() -> Error:
    return _error("token_expired", "The token ran out and no fresh one came.", "Send `auth` with a fresh one in time.")


def login_unavailable(retry_after_ms: int) -> Error:
    return _error(
        "login_unavailable",
        "Whoever issues tokens does not answer now, so yours cannot be checked.",
        "Try again in a little while.",
        retry_after_ms=retry_after_ms,
    )


def too_many_sessions(most: int, *, competition: bool) -> Error:
    what = "of this competition" if competition else "at once"
    return _error(
        "too_many_sessions",
        f"You hold {most} session{'s'[: most != 1]} {what}, and may hold no more.",
        "End another one first: send `end` there, or close it.",
    )


# What a message does here.


def not_started(what: str) -> Error:
    return _error(
        "not_started", f"{what} came before `started`.", "Send `start` and wait for `started`; send it again then."
    )


def already_started() -> Error:
    return _error(
        "already_started", "A second `start` on one connection.", "One connection holds one session: open another one."
    )


def session_ended(what: str) -> Error:
    return _error("session_ended", f"{what} came after the session's end and was left out.", "Wait for the report.")


# Going on with a session.

_AT_THE_API = "Its report, if it was yours, is at the HTTP API. Begin a new session with a plain `start`."


def resume_invalid() -> Error:
    return _error("resume_invalid", "This `resume` is no token of ours, or one of a session long over.", _AT_THE_API)


def not_your_session() -> Error:
    return _error(
        "not_your_session", "This session is another user's.", "Connect with the login token it was begun with."
    )


def no_session() -> Error:
    return _error("no_session", "There is no such session, or it ended too long ago.", _AT_THE_API)


def frame_gap(from_frame: int) -> Error:
    return _error(
        "frame_gap",
        f"Frames before {from_frame} are missing: so many were never held.",
        "Resume with `from_frame` as the last `ack.frames` said, and send every sample from there on.",
    )


def superseded() -> Error:
    return _error(
        "superseded", "The session goes on over another connection.", "Nothing is wrong if that was you; else close it."
    )


# Audio.


def unsupported_audio(given: str, taken: str) -> Error:
    return _error(
        "unsupported_audio",
        f"Audio as {given} is not taken here.",
        f"Convert it before sending; this server takes {taken}.",
    )


def broken_audio(encoding: str, detail: str) -> Error:
    return _error(
        "broken_audio",
        f"What came is no {encoding}: {detail}.",
        "Send the container from its first byte, in order, with nothing left out; or announce what it really is.",
    )


def too_fast(times: int, burst_s: int) -> Error:
    return _error(
        "too_fast",
        f"The audio came faster than {times} times real time, and {burst_s} s more.",
        "Send recordings no faster than that. What was acknowledged is safe.",
    )


def bad_audio(length_bytes: int, sample_bytes: int) -> Error:
    return _error(
        "bad_audio",
        f"A binary message of {length_bytes} bytes is no whole number of samples ({sample_bytes} bytes each).",
        "Cut the audio between samples; what follows a torn one would be noise.",
    )


def message_too_large(length_bytes: int, limit_bytes: int) -> Error:
    return _error(
        "message_too_large",
        f"A binary message of {length_bytes} bytes is more than a second of audio may be ({limit_bytes} bytes).",
        "Send pieces of 250 ms.",
    )


def session_too_long(session_s: int) -> Error:
    return _error(
        "session_too_long",
        f"The session reached its greatest length of {session_s} s and was ended there.",
        "Begin a new session for more.",
    )


# What the server cannot do now.


def not_kept(retry_after_ms: int) -> Error:
    return _error(
        "not_kept",
        "Something you sent could not be stored. What was acknowledged is safe.",
        "Connect again in a little while.",
        retry_after_ms=retry_after_ms,
    )


def overloaded(retry_after_ms: int) -> Error:
    return _error(
        "overloaded",
        "There are as many speakers now as can be heard without delay.",
        "Begin again a little later; nothing has been stored.",
        retry_after_ms=retry_after_ms,
    )


def too_slow() -> Error:
    return _error(
        "too_slow",
        "Too much is waiting for you: you read more slowly than your words are recognised.",
        "Read from the socket all the time, also while sending.",
    )
