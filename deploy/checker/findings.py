"""What a check found: counts by kind, with a few samples of each."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("lost", "doubled", "reordered", "wrong")
SAMPLES = 5
"""Samples kept of each kind: enough to start looking, not a second copy of the data."""


@dataclass
class Findings:
    """`counts` are events for lost, doubled and reordered; figures for wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, kind: str, sample: str, count: int = 1) -> None:
        self.counts[kind] += count
        if len(self.samples[kind]) < SAMPLES:
            self.samples[kind].append(sample)

    @property
    def clean(self) -> bool:
        return not any(self.counts[kind] for kind in KINDS)
