"""`python -m bench`: the benchmarks of `make bench`. Their results are kept in bench/results/.

The whole comparison with other servers: `python -m bench.peers`; here a short one, with those that are installed."""

import argparse
from pathlib import Path

from bench import delay, growth
from bench.peers.compare import compare, servers

RESULTS = Path(__file__).parent / "results"
SPEAKERS = (1, 4)
COMPARISON_MINUTES = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=2, help="rounds per number of speakers (each about 40 s)")
    options = parser.parse_args()
    delay.run(RESULTS / "delay.json", options.repeats)
    growth.run(RESULTS / "growth.json", growth.MINUTES)
    compare(list(servers().values()), SPEAKERS, RESULTS / "peers-short.json", minutes=COMPARISON_MINUTES)


if __name__ == "__main__":
    main()
