"""When an installation holds a number of speakers: the one rule of `rostrum load` and of all benchmarks."""

from dataclasses import dataclass

HELD_P95_S = 5.0
"""95 of 100 words are final within this, in seconds from the word's end."""
HELD_GROWTH_S = 0.5
"""The median delay of the sessions' second halves is greater than that of their first halves by no more than this."""


@dataclass(frozen=True)
class LoadRun:
    """What all speakers of one run saw together. A server that sends no acknowledgements has none to lose."""

    speakers: int
    served: int
    """Speakers whose session began."""
    incomplete: int
    """Sessions that lost something: frames never acknowledged, no summary, finals or words missing."""
    final_p95_s: float | None
    """95th percentile from a word's end to its final; None if no word became final."""
    growth_s: float | None
    """Median delay to final in the second half of the sessions, less that in the first; None where a half has none."""

    @property
    def held(self) -> bool:
        return not self.shortfalls

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """Why the speakers were not held, in words for a person; empty if they were."""
        found = []
        if self.served < self.speakers:
            found.append(f"{self.speakers - self.served} were not served")
        if self.incomplete:
            found.append(f"{self.incomplete} sessions are not whole")
        if self.final_p95_s is None:
            found.append("no word became final")
        elif self.final_p95_s >= HELD_P95_S:
            found.append(f"p95 to final {self.final_p95_s:.1f} s (wanted: under {HELD_P95_S:.0f})")
        if self.growth_s is not None and self.growth_s > HELD_GROWTH_S:
            found.append(f"delays grew by {self.growth_s:.1f} s")
        return tuple(found)
