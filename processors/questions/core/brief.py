"""What the model is told about a session."""

from typing import Any

MAX_TOPIC_CHARS = 80


def brief(topic: str | None, count: int) -> dict[str, Any]:
    """The document beside the instructions. The topic was typed by a person: it is cut to length and stripped of line
    breaks and control characters, and stands as a JSON string, never among the instructions."""
    cleaned = "".join(char if char.isprintable() else " " for char in topic or "")
    return {"count": count, "topic": " ".join(cleaned.split())[:MAX_TOPIC_CHARS] or None}
