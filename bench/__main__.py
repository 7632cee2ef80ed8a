"""`python -m bench`: all benchmarks, each with a time limit, an hour and a half in all; results and pictures go to
bench/results/. Each is also a module with options of its own, such as `python -m bench.growth --minutes 60`.

The whole comparison with other servers is `python -m bench.peers`; here a short one, with those that are installed."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.result_files import RESULTS
from bench.workload import Workload, add_workload_options, workload_of

COMPARISON_MINUTES = 18.0
SHORT_COMPARISON = str(RESULTS / "peers-whole-short.json")
_DOOR_MINUTES = 11.0
_STOP_S = 30.0


@dataclass(frozen=True)
class Benchmark:
    module: str
    minutes: float
    """Its time limit. On two cores at rest it takes half to two thirds of it."""
    options: Sequence[str] = ()
    hears_speech: bool = True
    """Whether it runs with any model and any speech."""


BENCHMARKS = {
    "inference-overhead": Benchmark("bench.inference_overhead", 5),
    "delay": Benchmark("bench.delay", 8),
    "growth": Benchmark("bench.growth", 6),
    "policies": Benchmark("bench.policies", 12),
    "recovery": Benchmark("bench.recovery", 7),
    "report-overhead": Benchmark("bench.report_overhead", 6, hears_speech=False),
    "edge": Benchmark("bench.edge.run", 8, hears_speech=False),
    "sizing": Benchmark("bench.sizing", 8, hears_speech=False),
    "peers-door": Benchmark(
        "bench.peers", _DOOR_MINUTES + 1, ("--case", "door", "--minutes", f"{_DOOR_MINUTES:g}"), hears_speech=False
    ),
    "peers-whole": Benchmark(
        "bench.peers",
        COMPARISON_MINUTES,
        ("--clients", "1", "4", "--minutes", f"{COMPARISON_MINUTES - 1:g}", "--output", SHORT_COMPARISON),
    ),
}


def command(benchmark: Benchmark, workload: Workload) -> list[str]:
    options = [*benchmark.options, *(workload.arguments() if benchmark.hears_speech else ())]
    return [sys.executable, "-m", benchmark.module, *options]


def finished_in_time(command: Sequence[str], seconds: float) -> bool:
    """Whether the command succeeded within this time. If not, it is interrupted, as by Ctrl-C, so that it can stop what
    it has started."""
    with subprocess.Popen(command) as child:
        try:
            return child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
    return False


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], help="some of them; default: all")
    add_workload_options(parser, output=False)
    given = parser.parse_args()
    failed = []
    for name in given.which or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        print(f"{name}, at most {benchmark.minutes:g} minutes", flush=True)
        if not finished_in_time(command(benchmark, workload_of(given)), 60 * benchmark.minutes):
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
