from dataclasses import replace

import pytest

from client.held import LoadRun

HELD = LoadRun(speakers=4, served=4, incomplete=0, final_p95_s=1.2, growth_s=0.1)


def test_speakers_are_held_if_nothing_is_lost_and_words_are_final_in_time() -> None:
    assert HELD.held
    assert replace(HELD, growth_s=None).held
    assert HELD.shortfalls == ()


@pytest.mark.parametrize(
    ("run", "shortfall"),
    [
        (replace(HELD, served=3), "1 were not served"),
        (replace(HELD, incomplete=2), "2 sessions are not whole"),
        (replace(HELD, final_p95_s=None), "no word became final"),
        (replace(HELD, final_p95_s=5.0), "p95 to final 5.0 s (wanted: under 5)"),
        (replace(HELD, growth_s=1.9), "delays grew by 1.9 s"),
    ],
)
def test_what_falls_short_is_named(run: LoadRun, shortfall: str) -> None:
    assert not run.held
    assert run.shortfalls == (shortfall,)
