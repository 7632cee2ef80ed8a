"""docs/benchmarks.md as a whole."""

from pathlib import Path

from bench.page import edge, long_tests, peers, reports, transcriber
from bench.page.section import paragraph, table

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_INTRODUCTION = """
    This page is generated from [bench/results](../bench/results) by `python -m bench.page`. Each result names its
    model, its speech, its machine and its date; figures of different machines cannot be compared, and ratios depend
    less on the machine than times do. How to run a benchmark, also with your own model and recordings:
    [CONTRIBUTING](../CONTRIBUTING.md#benchmarks)."""
_LIMITS = """
    The bundled recogniser, whisper-micro, is trained on synthetic speech and understands only recordings like the
    bundled ones, so its word error rates say nothing about human speech. A GPU, a real Llama and a cluster of several
    machines were not measured."""
_LONG_TESTS = """
    Tests that `make soak` starts, and that keep their results in [tests/soak/results](../tests/soak/results). The
    transcriber's use whisper-micro and the bundled recordings, the edge's a speaker of silent frames."""


def document() -> str:
    sections = [*transcriber.sections(), *edge.sections(), *peers.sections(), *reports.sections()]
    parts = ["# Benchmarks", paragraph(_INTRODUCTION), paragraph(_LIMITS), *(each.markdown() for each in sections)]
    parts += ["## Long-running tests", paragraph(_LONG_TESTS), table(long_tests.lines())]
    return "\n\n".join(parts) + "\n"
