"""What a check says: one JSON object, or a table for people."""

from dataclasses import dataclass, field
from typing import Any

from deploy.checker.findings import KINDS, Findings

MEANING = {
    "lost": "events that did not come through",
    "doubled": "events that came through more than once",
    "reordered": "events that overtook an earlier one",
    "wrong": "figures that differ from the recount",
}
REMEDY = {
    "lost": "Is every worker running (civicloop status)? Events that the outbox still holds are sent when it does.",
    "doubled": "Counting is to be trusted no more: stop metrics' worker, and count anew from the topic.",
    "reordered": "Did anything but feedback's relay write to the topic?",
    "wrong": "Where nothing is lost or doubled, metrics' own tables have been changed: count anew from the topic.",
}


@dataclass
class Report:
    """`events`: what feedback's rows, and what is gone from them, must have caused.

    `figures`: what else is worth knowing, by name.
    """

    events: int
    findings: Findings
    behind: list[str]
    figures: dict[str, int | float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Nothing is amiss, and nothing is still under way that could be."""
        return self.findings.clean and not self.behind

    def document(self) -> dict[str, Any]:
        """As JSON."""
        counts = {kind: self.findings.counts[kind] for kind in KINDS}
        rest = {"idle": not self.behind, "behind": self.behind, "samples": self.findings.samples}
        return {"events": self.events, **counts, **self.figures, **rest}

    def lines(self) -> list[str]:
        """For people."""
        found = [line for kind in KINDS for line in self._kind(kind)]
        others = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in self.figures.items())
        waiting = [f"  not idle: {text}; the figures above may be behind" for text in self.behind]
        verdict = "Nothing is lost, doubled, reordered or wrong." if self.passed else "The check has failed."
        return [f"{self.events:>10,}  events", *found, f"            {others}", *waiting, verdict]

    def _kind(self, kind: str) -> list[str]:
        count = self.findings.counts[kind]
        lines = [f"{count:>10,}  {kind:<10} {MEANING[kind]}"]
        if count:
            lines += [f"              {sample}" for sample in self.findings.samples[kind]]
            lines.append(f"              {REMEDY[kind]}")
        return lines
