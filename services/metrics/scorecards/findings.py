"""What is found about a document: where, what, and what would be right."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""The way from a document's root to a part of it: names of members, and places in lists."""


class Finding(NamedTuple):
    """A fault, or something to be warned of. `line` counts from 1, and is None where there are no lines.

    `indicator` is the id of the one that it is in, where it has one.
    """

    at: str
    message: str
    right: str
    line: int | None = None
    indicator: str | None = None


class NotTaken:
    """Stands in a document for a part that was refused, so that nothing more is said of it."""


NOT_TAKEN = NotTaken()


class Document(NamedTuple):
    """What was read: plain values, the line on which each of them begins, and what was found on the way.

    `origins` says of parts that were put together from elsewhere where they stand there.
    """

    value: Any
    lines: Mapping[Path, int] = MappingProxyType({})
    findings: Sequence[Finding] = ()
    origins: Mapping[Path, Path] = MappingProxyType({})

    def finding(self, path: Path, message: str, right: str) -> Finding:
        """A finding about a part, on the line of the nearest part above it that has one."""
        above = [path[:length] for length in range(len(path), -1, -1)]
        line = next((self.lines[each] for each in above if each in self.lines), None)
        origin = next((self.origins[each] + path[len(each) :] for each in above if each in self.origins), path)
        return Finding(named(origin), message, right, line, self._indicator(path))

    def _indicator(self, path: Path) -> str | None:
        if len(path) < 2 or path[0] != "indicators":
            return None
        member = self.value["indicators"][path[1]]
        name = member.get("id") if isinstance(member, dict) else None
        return name if isinstance(name, str) else None


def named(path: Path) -> str:
    """A path as people see it, such as `indicators.3.weight`."""
    return ".".join(map(str, path)) or "document"
