"""`python -m bench`: the benchmarks of `make bench`. Their results are kept in bench/results/.

The whole comparison with other servers: `python -m bench.peers`; here a short one, with those that are installed."""

import argparse
from collections.abc import Callable
from pathlib import Path

from bench import delay, growth, report
from bench.edge import run as edge
from bench.peers.compare import compare, servers

RESULTS = Path(__file__).parent / "results"
SPEAKERS = (1, 4)
COMPARISON_MINUTES = 20.0
BENCHMARKS: dict[str, Callable[[int], None]] = {
    "delay": lambda repeats: delay.run(RESULTS / "delay.json", repeats),
    "report": lambda repeats: report.run(RESULTS / "report.json", repeats),
    "edge": lambda repeats: edge.run(RESULTS / "edge.json", repeats),
    "growth": lambda _: growth.run(RESULTS / "growth.json", growth.MINUTES),
    "peers": lambda _: compare(
        list(servers().values()), SPEAKERS, RESULTS / "peers-short.json", minutes=COMPARISON_MINUTES
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], help="some of them; by default all")
    parser.add_argument("--repeats", type=int, default=2, help="rounds (of delay each about 40 s, of report 20 s)")
    options = parser.parse_args()
    for name in options.which or BENCHMARKS:
        BENCHMARKS[name](options.repeats)


if __name__ == "__main__":
    main()
