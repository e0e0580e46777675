"""What became of the rows of an import: every one is counted once, as taken, unchanged, updated or refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SAMPLES = 20


class Refusal(NamedTuple):
    """A row that was not taken; `reason` quotes nothing of it."""

    line: int
    reason: str


@dataclass(slots=True)
class Tally:
    """Counts of rows. `corrected` is the part of taken and updated ones in which something was set right."""

    taken: int = 0
    unchanged: int = 0
    updated: int = 0
    corrected: int = 0
    corrections: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)

    def take(self, corrections: Sequence[str]) -> None:
        self.taken += 1
        self._correct(corrections)

    def update(self, corrections: Sequence[str]) -> None:
        self.updated += 1
        self._correct(corrections)

    def refuse(self, line: int, reason: str) -> None:
        self.refusals.append(Refusal(line, reason))

    def _correct(self, corrections: Sequence[str]) -> None:
        if corrections:
            self.corrected += 1
            self.corrections.update(corrections)


@dataclass(slots=True)
class Report:
    """The sum of all chunks so far. It keeps a few refusals as samples; all of them are in the database."""

    taken: int = 0
    unchanged: int = 0
    updated: int = 0
    corrected: int = 0
    refused: int = 0
    corrections: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    samples: list[Refusal] = field(default_factory=list)

    def add(self, tally: Tally) -> "Report":
        """A new report, with a chunk's rows added."""
        return Report(
            self.taken + tally.taken,
            self.unchanged + tally.unchanged,
            self.updated + tally.updated,
            self.corrected + tally.corrected,
            self.refused + len(tally.refusals),
            self.corrections + tally.corrections,
            self.refusals + Counter(refusal.reason for refusal in tally.refusals),
            (self.samples + tally.refusals)[:SAMPLES],
        )

    def document(self) -> dict[str, object]:
        """As JSON shows it; `rows` is the sum of taken, unchanged, updated and refused."""
        return {
            "rows": self.taken + self.unchanged + self.updated + self.refused,
            "taken": self.taken,
            "corrected": self.corrected,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "refused": self.refused,
            "corrections": dict(sorted(self.corrections.items())),
            "refusals": dict(sorted(self.refusals.items())),
            "samples": [sample._asdict() for sample in self.samples],
        }
