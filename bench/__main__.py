"""`python -m bench`: the benchmarks of `make bench`. Their results are kept in bench/results/."""

import argparse
from pathlib import Path

from bench import delay

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=2, help="rounds per number of speakers (each about 40 s)")
    options = parser.parse_args()
    delay.run(RESULTS / "delay.json", options.repeats)


if __name__ == "__main__":
    main()
