"""The page that tells the way, with its calls and their answers (`docs/a-citizens-way.md`)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from tests.journey.way import Step

HEAD = """# A citizen's way

One citizen of a small town, from a broken slide to an erased account, as calls of any client. All of it happened on
the embedded stack: `tests/journey` walks it whenever the tests run and holds this page against what came of it, and
`python -m tests.journey` writes the page anew. Of long lists the page shows the first two; what is empty is left out,
and of the score the figures of each indicator but those of how long it took.
"""

CHANGING = (
    (r"\b[0-9a-f]{32}\b", "PSEUDONYM"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\d(T[0-9:.]+(Z|\+00:00))?", "TIME"),
)

TIMES = {"resolution-time", "first-answer-time"}
"""Indicators that are another each time."""

TOKEN = re.compile(r"(cl[a-z]_)[A-Za-z0-9_-]+")
"""None stands on the page."""


def page(steps: Sequence[Step]) -> str:
    """All of it."""
    return HEAD + TOKEN.sub(r"\1...", "".join(_step(step) for step in steps))


def shape(text: str) -> str:
    """A page without what is another each time: ids and times."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


def _step(step: Step) -> str:
    told = "" if isinstance(step.answer, str) else json.dumps(_short(step.answer), indent=1, ensure_ascii=False) + "\n"
    return f"\n## {step.title}\n```console\n$ {step.call}\n{told}```\n"


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(each) for each in value[:2]]
    if not isinstance(value, dict):
        return value
    if "indicators" in value:
        counted = (each for each in value["indicators"] if each["n"] and each["id"] not in TIMES)
        return {each["id"]: {name: each[name] for name in ("observed", "unit", "n")} for each in counted}
    return {name: _short(each) for name, each in value.items() if each not in (None, [], {})}
