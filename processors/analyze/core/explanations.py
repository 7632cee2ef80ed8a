"""Explanations generated from the correction, for findings without a usable explanation."""

from collections.abc import Sequence
from difflib import SequenceMatcher


def explain(quote: Sequence[str], correction: Sequence[str]) -> str:
    """One sentence that says what the correction changes: "You should have used "is" instead of "am"."."""
    steps = []
    for kind, begin, end, begin_right, end_right in SequenceMatcher(None, quote, correction, False).get_opcodes():
        wrong, right = " ".join(quote[begin:end]), " ".join(correction[begin_right:end_right])
        if kind == "replace":
            steps.append(f"used “{right}” instead of “{wrong}”")
        elif kind == "insert":
            beside = f"before “{quote[end]}”" if end < len(quote) else f"after “{quote[-1]}”"
            steps.append(f"said “{right}” {beside}")
        elif kind == "delete":
            steps.append(f"left out “{wrong}”")
    return f"You should have {_joined(steps)}." if steps else ""


def _joined(steps: Sequence[str]) -> str:
    return steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} and {steps[-1]}"
