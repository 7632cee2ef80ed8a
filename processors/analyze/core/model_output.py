"""What a language model returns, reduced to what it was asked for: known fields, and free text of plain sentences of
bounded length, about the language."""

import re

from pydantic import BaseModel, ConfigDict

from processors.analyze.core.words import tokens, truncate

MAX_EXPLANATION_CHARS = 160
MAX_REASON_CHARS = 200
MAX_SUMMARY_CHARS = 500
MAX_SUMMARY_SENTENCES = 4

# A model that follows its instructions writes none of these; web pages, scripts and other conversations do.
_SUSPICIOUS = re.compile(r"https?:|www\.|[<>{}\[\]|`\\]|\b(?:system prompt|as an ai|my instructions)\b", re.IGNORECASE)
_SENTENCE = re.compile(r".+?[.!?]['\"”’)]*(?=\s+[\"'“‘(A-Z]|$)|.+$")
_GRAMMAR_TERMS = re.compile(
    r"\b(?:verb|tense|past|present|future|article|plural|singular|preposition|pronoun|subject|noun|adjective|adverb|"
    r"word order|infinitive|gerund|countable|comparative|superlative|agree|grammar|question|clause|missing|form)",
    re.IGNORECASE,
)


class ModelOutput(BaseModel):
    """Base of the schemas that a model's output is constrained to. Additional fields are forbidden in the schema, and
    dropped here if the server lets them through."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False})


def clean_sentences(text: str, max_sentences: int, max_chars: int) -> str:
    """The text's first sentences, on one line. Sentences with links, markup or talk about prompts are dropped."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    kept = [found.strip() for found in _SENTENCE.findall(line) if not _SUSPICIOUS.search(found)]
    return truncate(" ".join(kept[:max_sentences]), max_chars)


def clean_explanation(text: str, quote: str, correction: str) -> str:
    """One sentence about this error, or an empty string if the text is about something else: it must contain a word of
    the quote or of the correction, or a grammatical term."""
    sentence = clean_sentences(text, 1, MAX_EXPLANATION_CHARS)
    named = set(tokens(re.sub(r"[^\w'’]+", " ", sentence))) & {*tokens(quote), *tokens(correction)}
    return sentence if named or _GRAMMAR_TERMS.search(sentence) else ""
