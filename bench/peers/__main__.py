"""Rostrum and other servers of streaming recognition, on the same model, audio and machine.

    python -m bench.peers --install          environments of the peers, about 6 GB each (ROSTRUM_CACHE/peers)
    python -m bench.peers                    the whole comparison: 1 to 32 speakers, at most an hour
    python -m bench.peers --table            what the last one found, as a table in Markdown

A server that no longer holds its speakers is not tried with more. Nothing else should run on the machine."""

import argparse
import json
from pathlib import Path

from bench.peers import table
from bench.peers.compare import SECONDS, compare, servers
from bench.peers.environments import ENVIRONMENTS

RESULT = Path(__file__).parents[1] / "results" / "peers.json"
SPEAKERS = (1, 2, 4, 8, 12, 16, 32)


def install() -> None:
    for environment in ENVIRONMENTS:
        if not environment.is_there:
            print(f"installing {environment.name} into {environment.folder}")
            environment.install()
        print(f"{environment.name}: {dict(environment.versions())}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--install", action="store_true", help="make the peers' environments, and nothing else")
    parser.add_argument("--table", action="store_true", help="print --output as a table in Markdown, measure nothing")
    parser.add_argument("--speakers", type=int, nargs="+", default=list(SPEAKERS), help="at once, one run each")
    parser.add_argument("--servers", nargs="+", help="by name; without it, all that are there")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of a stream")
    parser.add_argument("--minutes", type=float, default=60.0, help="bound on the whole")
    parser.add_argument("--output", type=Path, default=RESULT)
    given = parser.parse_args()
    if given.install:
        install()
        return
    if given.table:
        print(table.markdown(json.loads(given.output.read_text(encoding="utf-8"))["runs"]))
        return
    there = servers()
    names = given.servers or list(there)
    if unknown := [name for name in names if name not in there]:
        parser.error(f"{', '.join(unknown)}: not among {', '.join(there)}; `--install` makes the peers' environments")
    chosen = [there[name] for name in names]
    compare(chosen, given.speakers, given.output, seconds=given.seconds, minutes=given.minutes)


if __name__ == "__main__":
    main()
