"""The transcriber's benchmarks on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench import growth
from bench.delay import ADDED_GOAL_MS
from bench.inference_overhead import ENCODER_FRAMES, SHORT_INPUT
from bench.page.section import NO_GOAL, Figure, Lines, Section, figures, results_of, seconds
from bench.policies import policy_name
from bench.result_files import RESULTS
from schemas.audio import FRAME_MS

_POLICIES_SHOWN = ("single pass, 600 ms", "agreement of 2")


def _delay(result: Mapping[str, Any]) -> Sequence[Lines]:
    rows = []
    for name, configuration in result["configurations"].items():
        goals = configuration["goals_s"]
        for speakers, found in configuration["speakers"].items():
            who = f"{name}, {speakers} {'speaker' if speakers == '1' else 'speakers'}"
            final, partial, added = found["final_delay_ms"], found["partial_delay_ms"], found["added_ms"]
            showing_goal = goals.get("first_showing_p50")
            rows += [
                Figure(
                    f"{who}: word's end to its final, p50 / p95",
                    f"{seconds(final['median'])} / {seconds(final['p95'])} s",
                    f"{goals['p50']:.1f} / {goals['p95']:.1f} s",
                ),
                Figure(
                    f"{who}: word's end to its first showing, p50",
                    f"{seconds(partial['median'])} s",
                    NO_GOAL if showing_goal is None else f"{showing_goal:g} s",
                ),
                Figure(
                    f"{who}: added by Rostrum, p50 / p95",
                    f"{added['median']:.0f} / {added['p95']:.0f} ms",
                    f"p95 {ADDED_GOAL_MS:.0f} ms",
                ),
                Figure(f"{who}: word error rate", f"{100 * found['wer']:.1f} %"),
            ]
    return [figures(*rows)]


def _policies(result: Mapping[str, Any]) -> Sequence[Lines]:
    rows = [row for row in result["rows"] if policy_name(row) in _POLICIES_SHOWN]
    spacings = sorted({row["window_frames"] for row in rows})
    lines = [("policy", *(f"window every {frames * FRAME_MS / 1000:g} s" for frames in spacings))]
    for name in _POLICIES_SHOWN:
        found = {row["window_frames"]: row for row in rows if policy_name(row) == name}
        rows_of = [found[frames] for frames in spacings]
        cells = (f"{row['delay_p50_s']:.2f} / {row['delay_p95_s']:.2f} s, {100 * row['wer']:.1f} %" for row in rows_of)
        lines.append((name, *cells))
    return [lines]


def _growth(result: Mapping[str, Any]) -> Sequence[Lines]:
    last = result["minutes"][-1]["minute"]
    ratios = result["last_over_first"]
    one, *several = result["sessions"]
    rows = [
        Figure(
            f"model seconds per second of audio, minute {last} over minute 1",
            f"{ratios['model_s_per_audio_s']:.2f}; CPU time {ratios['cpu_s_per_audio_s']:.2f}",
            f"{growth.GOAL_LAST_OVER_FIRST:g}",
        )
    ]
    for row in several:
        wall, cpu = (row[key] / one[key] for key in ("model_s_per_audio_s", "cpu_s_per_audio_s"))
        rows.append(Figure(f"the same, {row['sessions']} sessions over one", f"{wall:.2f}; CPU time {cpu:.2f}"))
    return [figures(*rows)]


def _inference(result: Mapping[str, Any]) -> Sequence[Lines]:
    rows = []
    for name in ENCODER_FRAMES:
        if name not in result:
            continue
        found = result[name]
        stage, best = found["stage"]["windows_per_s"], found["bare"][found["bare_best"]]["windows_per_s"]
        what = "short encoder input" if name == SHORT_INPUT else f"encoder input of {name} frames"
        cpu_ms = 1000 / found["stage"]["windows_per_cpu_s"]
        rows.append(Figure(f"CPU time of a window through the pool, {what}", f"{cpu_ms:.0f} ms"))
        rows.append(
            Figure(
                f"windows per second over bare CTranslate2's best, {what}",
                f"{found['ratio']:.2f} ({stage:.1f} over {best:.1f}); CPU time {found['ratio_of_cpu_time']:.2f}",
                f"{result['goal_ratio']:g}",
            )
        )
    return [figures(*rows)]


def _recovery(result: Mapping[str, Any]) -> Sequence[Lines]:
    found = result["recovery_ms"]
    return [
        figures(
            Figure(
                f"from `kill -9` to the next final, {result['kills']} kills, median / greatest",
                f"{found['median'] / 1000:.1f} / {found['greatest'] / 1000:.1f} s",
                f"p95 {result['goal_p95_ms'] / 1000:g} s",
            ),
            Figure("word error rate of that session", f"{100 * result['wer']:.1f} %"),
        )
    ]


def _sizing(result: Mapping[str, Any]) -> Sequence[Lines]:
    batches = sorted({each["batch"] for model in result["models"].values() for each in model["batches"]})
    lines = [("model", *(f"batch {batch}" for batch in batches))]
    for name, model in result["models"].items():
        found = {
            each["batch"]: f"{each['windows_per_s']:.2f} ({each['cpu_s_per_window']:.1f} s)"
            for each in model["batches"]
        }
        lines.append((name, *(found.get(batch, "not run") for batch in batches)))
    return [lines]


def sections() -> list[Section]:
    return [
        Section(
            "How soon words come",
            """One and two speakers stream recordings in real time through a whole stack. A final is a text that will
            not change any more; a word's first showing is the first partial that reaches its end. Added by Rostrum
            is the part of the delay that is neither window spacing nor model: the time from the end of the newest
            frame that a message covers to the message's arrival at the client, less the model's mean time for a
            window.""",
            "python -m bench.delay",
            results_of("delay"),
            _delay,
        ),
        Section(
            "Policies",
            """How soon a word is final, from its end to the end of the audio that made it final, p50 / p95, and the
            word error rate. Every recording is heard at several offsets against the windows. The model's time comes
            on top. Windows come every 0.5 s while the model is idle, every 1 s while it is busy, and further apart
            under overload.""",
            "python -m bench.policies",
            results_of("policies"),
            _policies,
            """The single pass needs one hypothesis of a word where LocalAgreement needs two, so its advantage grows
            with the window spacing. The chart has further settings of both.""",
        ),
        Section(
            "The cost of long sessions, and of many",
            """Whether a long session costs more than a short one, and many concurrent sessions more than one. The
            audio repeats every minute, so each minute asks the same of the model.""",
            "python -m bench.growth --minutes 60",
            results_of("growth"),
            _growth,
        ),
        Section(
            "Overhead of the inference pool",
            """Windows per second through the transcriber's inference pool, over the best that bare CTranslate2 reaches
            at any batch size and number of workers, on the same windows and cores.""",
            "python -m bench.inference_overhead",
            results_of("inference-overhead"),
            _inference,
            """Short input is for the demo recogniser alone, which was trained on it. A window is so quick there that
            two things show which the bare runs leave out or do in batches: the spectrogram, which they get ready made,
            and the alignment, which the stage does text by text where lengths differ, so that each result is the same
            as if its window had been alone.""",
        ),
        Section(
            "Recovery of the transcriber",
            """The transcriber is killed at random moments of a session and restarted by the supervisor. The time runs
            from the kill to the first final with a word that was spoken after it.""",
            "python -m bench.recovery",
            results_of("recovery"),
            _recovery,
        ),
        Section(
            "Model calls by batch size",
            """Windows per second in the shapes of published models, and in brackets the CPU time of a window: encoder
            input of 3000 frames, 40 tokens decoded, then aligned. Weights are random, which changes the words and
            not the time.""",
            "python -m bench.sizing",
            sorted(RESULTS.glob("sizing-*.json")),
            _sizing,
            """On a CPU a batch saves a fifth at most. A speaker needs two windows per second while the model has time,
            one when it is busy, and under load one every few seconds: by these figures two cores serve a few
            speakers with `base.en`, one with `small`, none with `large-v3-turbo`. On a GPU: `python -m bench.sizing
            --device cuda --compute-type float16 --batches 1,2,4,8,16,32,64`.""",
        ),
    ]
