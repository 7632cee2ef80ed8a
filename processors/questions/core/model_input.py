"""What the language model is sent about a session."""

from typing import Any

MAX_TOPIC_CHARS = 80


def model_input(topic: str | None, count: int) -> dict[str, Any]:
    """The document that goes with the prompt. The topic was typed by a person: it is truncated, stripped of line breaks
    and control characters, and sent as a JSON string, never as part of the prompt."""
    cleaned = "".join(char if char.isprintable() else " " for char in topic or "")
    return {"count": count, "topic": " ".join(cleaned.split())[:MAX_TOPIC_CHARS] or None}
