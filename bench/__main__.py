"""`python -m bench`: the benchmarks of `make bench`, each with a bound on its time, an hour and a half in all; results
and pictures are kept in bench/results/.

The whole comparison with other servers: `python -m bench.peers`; here a short one, with those that are installed."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench import delay, growth, inference_overhead, policies, recovery, report_overhead, sizing
from bench.edge import run as edge
from bench.peers.compare import compare, servers
from bench.peers.door import run as edge_peers
from bench.result_files import RESULTS

SPEAKERS = (1, 4)
COMPARISON_MINUTES = 20.0
_GOING_DOWN_S = 30.0


@dataclass(frozen=True)
class Benchmark:
    """`minutes`: after so many it is ended. On two cores at rest it takes half to two thirds of them."""

    run: Callable[[int], None]
    minutes: float


BENCHMARKS = {
    "limit": Benchmark(lambda _: inference_overhead.run(inference_overhead.OUTPUT), 5),
    "delay": Benchmark(lambda repeats: delay.run(RESULTS / "delay.json", repeats), 8),
    "growth": Benchmark(lambda _: growth.run(growth.RESULT, growth.MINUTES), 6),
    "policies": Benchmark(lambda _: policies.run(policies.OUTPUT), 12),
    "recovery": Benchmark(lambda _: recovery.run(recovery.RESULT, recovery.KILLS, recovery.SEED), 7),
    "report": Benchmark(lambda repeats: report_overhead.run(RESULTS / "report.json", repeats), 6),
    "edge": Benchmark(lambda repeats: edge.run(RESULTS / "edge.json", repeats), 8),
    "edge-peers": Benchmark(lambda repeats: edge_peers.run(RESULTS / "edge-peers.json", repeats), 8),
    "sizing": Benchmark(lambda _: sizing.run(), 9),
    "peers": Benchmark(
        lambda _: compare(list(servers().values()), SPEAKERS, RESULTS / "peers-short.json", minutes=COMPARISON_MINUTES),
        COMPARISON_MINUTES + 1,
    ),
}


def bounded(command: list[str], seconds: float) -> bool:
    """Whether the command did its work in time. If not, it is asked to bring down what it has started, as by Ctrl-C."""
    with subprocess.Popen(command) as child:
        try:
            return child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
        try:
            child.wait(_GOING_DOWN_S)
        except subprocess.TimeoutExpired:
            child.kill()
    return False


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], help="some of them; by default all")
    parser.add_argument("--repeats", type=int, default=2, help="rounds (of delay each about 90 s, of report 20 s)")
    options = parser.parse_args()
    if len(options.which) == 1:
        BENCHMARKS[options.which[0]].run(options.repeats)
        return
    failed = []
    for name in options.which or BENCHMARKS:
        minutes = BENCHMARKS[name].minutes
        print(f"{name}, at most {minutes:g} minutes", flush=True)
        if not bounded([sys.executable, "-m", "bench", name, "--repeats", str(options.repeats)], 60 * minutes):
            failed.append(name)
    if failed:
        sys.exit(f"not done: {', '.join(failed)}")


if __name__ == "__main__":
    main()
