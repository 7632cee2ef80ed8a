"""How soon words come again after the transcriber is killed with kill -9 and restarted by the supervisor.

    python -m bench.recovery [--kills N] [--seed N] [--model MODEL] [--speech FOLDER]

One speaker through a whole stack, with kills at random moments. The time runs from the kill to the first final with a
word that was spoken after it, so a final that was already on its way does not count. It includes the delay that a word
has without any kill."""

import argparse
import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from bench.charts import Bar, BarChart, Picture
from bench.result_files import save
from bench.speech_streams import SpeechStream
from bench.workload import Workload, add_workload_options, workload_of
from client.accuracy import word_error_rate
from client.outcome import Outcome
from client.playback import Playback
from client.reconnect import NO_RECONNECT
from client.recording import Recording
from infra.clock import SystemClock
from infra.errors import RostrumError
from infra.quantiles import spread
from infra.tls.contexts import client_context
from local.from_settings import local_settings
from local.install import install_programs
from local.login_token import login_token
from local.preflight import lock_data_folder
from local.run_file import running_stack
from local.stack import Stack
from local.temporary import run_with_stack, temporary_stack
from schemas.wire import FinalMessage

KILLS, SEED = 6, 4
GOAL_MS = 5000.0
_APART_S = (24.0, 30.0)
"""The supervisor restarts a process that ran for 20 s at once; one that dies sooner waits longer each time."""
_AFTER_LAST_KILL_S = 12.0


def recoveries_ms(outcome: Outcome, killed_at_ms: Sequence[int]) -> list[float | None]:
    """From each kill to the first final that ends with a word spoken after it, by the client's clock; None if there was
    none before the next kill."""
    finals = [(item.at_ms, item.message) for item in outcome.received if isinstance(item.message, FinalMessage)]
    nexts = [*killed_at_ms[1:], None]
    found: list[float | None] = []
    for killed_ms, next_ms in zip(killed_at_ms, nexts, strict=True):
        arrivals = (at_ms for at_ms, final in finals if final.end_ms + outcome.began_at_ms > killed_ms)
        first_ms = next(arrivals, None)
        in_time = first_ms is not None and (next_ms is None or first_ms < next_ms)
        found.append(float(first_ms - killed_ms) if in_time and first_ms is not None else None)
    return found


async def measure(stack: Stack, spoken: SpeechStream, pauses_s: Sequence[float], console: Console) -> dict[str, Any]:
    """A session with a kill after each of these pauses."""
    clock, killed_at_ms = SystemClock(), list[int]()

    async def kill() -> None:
        for pause_s in pauses_s:
            await asyncio.sleep(pause_s)
            os.kill(_transcriber(stack), signal.SIGKILL)
            killed_at_ms.append(clock.monotonic_ms())
            console.print(f"  killed {len(killed_at_ms)} of {len(pauses_s)}")

    token = login_token("speaker", local=local_settings(stack.data))
    tls = client_context(stack.data / "tls" / "ca.pem")
    playback = Playback([Recording(Path("speech"), spoken.pcm)])
    killing = asyncio.create_task(kill())
    try:
        outcome = await playback.run(stack.addresses.edge, token=token, tls=tls, reconnect=NO_RECONNECT, clock=clock)
    finally:
        killing.cancel()
    if outcome.faults:
        raise RostrumError(f"The session did not survive: {' '.join(outcome.faults)}", "See the stack's logs.")
    return figures(outcome, killed_at_ms, spoken.text)


def _transcriber(stack: Stack) -> int:
    """Its process id. Raises RostrumError if it does not run."""
    run = running_stack(stack.data)
    for entry in run.processes if run else ():
        if entry.name == "transcribe" and entry.mark is not None:
            return entry.mark.pid
    raise RostrumError("The transcriber does not run.", "See the stack's logs.")


def figures(outcome: Outcome, killed_at_ms: Sequence[int], reference: str) -> dict[str, Any]:
    each_ms = recoveries_ms(outcome, killed_at_ms)
    numbers = [final.number for final in outcome.finals]
    return {
        "kills": len(killed_at_ms),
        "audio_s": round(outcome.samples_sent / 16_000, 1),
        "recovery_ms": spread([each for each in each_ms if each is not None]),
        "each_ms": each_ms,
        "not_recovered_before_the_next": each_ms.count(None),
        "finals_numbered_without_gaps": numbers == list(range(1, len(numbers) + 1)),
        "wer": round(word_error_rate([reference], [outcome.transcript]), 4),
    }


def picture(result: Mapping[str, Any]) -> Picture:
    kills = {
        str(number): [Bar("kill -9 to the next final", each_ms / 1000)] if each_ms is not None else []
        for number, each_ms in enumerate(result["each_ms"], start=1)
    }
    goal_s = result["goal_p95_ms"] / 1000
    chart = BarChart("From kill -9 to the next final", "seconds", kills, goal=goal_s, x_label="kill")
    return Picture("Recovery of the transcriber", (chart,))


def run(output: Path, workload: Workload, kills: int = KILLS, seed: int = SEED) -> None:
    console, measured, chance = Console(), workload.conditions(), Random(seed)
    pauses_s = [chance.uniform(*_APART_S) for _ in range(kills)]
    spoken = workload.speech.stream(0, sum(pauses_s) + _AFTER_LAST_KILL_S)
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as folder:
        stack = temporary_stack(Path(folder), workload.settings)
        with lock_data_folder(stack.data):
            install_programs(stack.programs, stack.cache)
            found = asyncio.run(run_with_stack(stack, console, partial(measure, stack, spoken, pauses_s, console)))
    console.print(f"from kill -9 to the next final: {found['recovery_ms']} ms (goal: p95 {GOAL_MS:.0f}); {found}")
    result = {**measured, "seed": seed, "goal_p95_ms": GOAL_MS, **found}
    save(output, result, picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=KILLS, help="about 27 s each")
    parser.add_argument("--seed", type=int, default=SEED)
    add_workload_options(parser)
    given = parser.parse_args()
    workload = workload_of(given)
    run(given.output or workload.result_file("recovery"), workload, given.kills, given.seed)


if __name__ == "__main__":
    main()
