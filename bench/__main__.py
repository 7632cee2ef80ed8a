"""`python -m bench`: the benchmarks of `make bench`. Their results are kept in bench/results/."""

import argparse
from pathlib import Path

from bench import delay, report

BENCHMARKS = {"delay": delay, "report": report}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], help="some of them; by default all")
    parser.add_argument("--repeats", type=int, default=2, help="rounds (of delay each about 40 s, of report 20 s)")
    options = parser.parse_args()
    for name in options.which or BENCHMARKS:
        BENCHMARKS[name].run(RESULTS / f"{name}.json", options.repeats)


if __name__ == "__main__":
    main()
