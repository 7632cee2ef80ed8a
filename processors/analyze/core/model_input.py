"""What a language model is sent, and how much of it.

Text that a person typed or said goes to the model as a JSON string, in a document that is a message of its own, apart
from the instructions. JSON's quoting is the delimiter: no text can close its own string and go on as instructions. All
strings are truncated. Names and identifiers are never sent."""

from typing import Any

from processors.analyze.core.answers import SpokenSession
from processors.analyze.core.words import truncate

MAX_ANSWER_CHARS = 6_000
"""About 1,500 tokens, several minutes of speech. With questions, instructions and an answer of the same length it fits
a context of 8,192 tokens."""
MAX_TOPIC_CHARS = 80
MAX_QUESTION_CHARS = 200
MAX_QUESTIONS = 20


def session_context(session: SpokenSession) -> dict[str, Any]:
    """The fields that all calls for a session begin with, so that the server's prefix cache can reuse them."""
    return {
        "topic": truncate(session.topic, MAX_TOPIC_CHARS) if session.topic else None,
        "questions": [
            {"number": question.number, "text": truncate(question.text, MAX_QUESTION_CHARS)}
            for question in session.questions[:MAX_QUESTIONS]
        ],
    }
