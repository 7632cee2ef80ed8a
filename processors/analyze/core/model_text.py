"""What a language model may be shown, and how much of it.

Whatever a person typed or said goes to a model as a JSON string in a document of its own message, apart from the
instructions: JSON's quoting is the delimiter, so no text can end its own string and begin to instruct. Everything is
cut to length. No name and no identifier is ever shown."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from processors.analyze.core.heard import HeardSession
from processors.analyze.core.words import clip

MAX_ANSWER_CHARS = 6_000
"""About 1,500 tokens, several minutes of speech: with questions, instructions and an answer of the same length it fits
a context of 8,192."""
MAX_TOPIC_CHARS = 80
MAX_QUESTION_CHARS = 200
MAX_QUESTIONS = 20


class Asked(BaseModel):
    """A part of a schema that output is constrained to: a server lets nothing else through, and what comes from one
    that does is dropped here, not passed on."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False})


def shown_context(session: HeardSession) -> dict[str, Any]:
    """What all calls for a session begin with, so that a server's prefix cache holds it once."""
    return {
        "topic": clip(session.topic, MAX_TOPIC_CHARS) if session.topic else None,
        "questions": [
            {"number": question.number, "text": clip(question.text, MAX_QUESTION_CHARS)}
            for question in session.questions[:MAX_QUESTIONS]
        ],
    }
