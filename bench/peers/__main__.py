"""Rostrum and other servers of streaming recognition, on the same machine.

    python -m bench.peers --install          environments of the peers, about 6 GB each (ROSTRUM_CACHE/peers)
    python -m bench.peers                    whole servers with the same model and speech: 1 to 32 speakers
    python -m bench.peers --case door        their doors, with models that answer at once: 100 to 800 clients
    python -m bench.peers --table            the last result as a table in Markdown

A server that fails with a number of clients is not tried with more. Nothing else should run on the machine."""

import argparse

from bench.peers.cases import CASES, compare_doors, compare_whole, table_of
from bench.peers.door import contenders as doors
from bench.peers.environments import ENVIRONMENTS
from bench.peers.whole import contenders as wholes
from bench.result_files import read_result
from bench.workload import add_workload_options, workload_of


def install() -> None:
    for environment in ENVIRONMENTS:
        if not environment.is_installed:
            print(f"installing {environment.name} into {environment.folder}")
            environment.install()
        print(f"{environment.name}: {dict(environment.versions())}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", choices=CASES, default="whole")
    parser.add_argument("--install", action="store_true", help="make the peers' environments, and nothing else")
    parser.add_argument("--table", action="store_true", help="print the result as a table, and measure nothing")
    parser.add_argument("--clients", type=int, nargs="+", metavar="N", help="concurrent clients, one measurement each")
    parser.add_argument("--servers", nargs="+", metavar="NAME", default=(), help="default: all that are installed")
    parser.add_argument("--repeats", type=int, default=doors.REPEATS, help="door: rounds with the fewest clients")
    parser.add_argument("--seconds", type=float, default=wholes.STREAM_S, help="whole: length of a stream")
    parser.add_argument("--minutes", type=float, default=60.0, help="limit for the whole comparison")
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    output = given.output or workload.result_file(f"peers-{given.case}")
    if given.install:
        install()
    elif given.table:
        print(table_of(given.case, read_result(output)))
    elif given.case == "whole":
        compare_whole(
            output,
            workload,
            counts=given.clients or wholes.COUNTS,
            servers=given.servers,
            stream_s=given.seconds,
            minutes=given.minutes,
        )
    else:
        compare_doors(
            output,
            counts=given.clients or doors.COUNTS,
            servers=given.servers,
            repeats=given.repeats,
            minutes=given.minutes,
        )


if __name__ == "__main__":
    main()
