"""Free text by a model, held to what was asked for: plain sentences of bounded length, about the language."""

import re

from processors.analyze.core.words import clip, tokens

MAX_EXPLANATION_CHARS = 160
MAX_REASON_CHARS = 200
MAX_SUMMARY_CHARS = 500
MAX_SUMMARY_SENTENCES = 4

# A model that does as it is asked writes none of these; text of a page, a script or another conversation does.
_FOREIGN = re.compile(r"https?:|www\.|[<>{}\[\]|`\\]|\b(?:system prompt|as an ai|my instructions)\b", re.IGNORECASE)
_SENTENCE = re.compile(r".+?[.!?]['\"”’)]*(?=\s+[\"'“‘(A-Z]|$)|.+$")
_TERMS = re.compile(
    r"\b(?:verb|tense|past|present|future|article|plural|singular|preposition|pronoun|subject|noun|adjective|adverb|"
    r"word order|infinitive|gerund|countable|comparative|superlative|agree|grammar|question|clause|missing|form)",
    re.IGNORECASE,
)


def sentences(text: str, most: int, limit: int) -> str:
    """At most `most` sentences and `limit` characters on one line. Sentences with links, markup or talk about prompts
    are dropped."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    kept = [found.strip() for found in _SENTENCE.findall(line) if not _FOREIGN.search(found)]
    return clip(" ".join(kept[:most]), limit)


def explanation(text: str, quote: str, correction: str) -> str:
    """One sentence about this error, or empty if the text is about something else: it must name a word of the quote or
    of its correction, or a term of grammar."""
    said = sentences(text, 1, MAX_EXPLANATION_CHARS)
    named = set(tokens(re.sub(r"[^\w'’]+", " ", said))) & {*tokens(quote), *tokens(correction)}
    return said if named or _TERMS.search(said) else ""
