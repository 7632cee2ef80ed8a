"""The reports' benchmark on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.page.section import Figure, Lines, Section, figures
from bench.result_files import RESULTS


def _reports(result: Mapping[str, Any]) -> Sequence[Lines]:
    alone, together = result["one_by_one"], result["at_once"]
    overhead, bare = alone["overhead_ms"], alone["bare_calls_overhead_ms"]
    return [
        figures(
            Figure(
                "one session at a time: report beyond the model's time, p50 / p95",
                f"{overhead['median']:.0f} / {overhead['p95']:.0f} ms",
                f"p95 {alone['goal_p95_ms']:.0f} ms",
            ),
            Figure("the same of bare LangChain calls, p50 / p95", f"{bare['median']:.0f} / {bare['p95']:.0f} ms"),
            Figure(
                f"{together['reports']} sessions at once: reports per second, over bare LangChain calls",
                f"{together['share_of_bare_calls']:.2f} ({together['reports_per_s']:.1f} over "
                f"{together['bare_calls_per_s']:.1f})",
                f"{together['goal_share']:g}",
            ),
        )
    ]


def sections() -> list[Section]:
    return [
        Section(
            "Reports",
            """What a report costs beyond its language model: the analyze stage on a real broker, with a model that
            answers after 100 ms and a grammar checker that answers at once, and bare LangChain calls with the same
            prompts in alternation.""",
            "python -m bench report-overhead",
            [RESULTS / "report-overhead.json"],
            _reports,
            """The share exceeds 1 because our client passes a ready-made schema, where LangChain's own way works
            through it with every call.""",
        )
    ]
