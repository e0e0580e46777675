"""Where the parts of the loop are: from the environment, or as the embedded stack noted it in its state folder."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from shared.contracts import catalog, feedback, metrics

SERVICES = ("catalog", "feedback", "metrics")
METRICS_PORT_OFFSET = 3
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""Where to reach a server that listens on all addresses."""


class CannotCheck(Exception):
    """The check could not be made: says what is missing and what to do."""


def dead_letters(topic: str) -> str:
    """The topic beside it that tells of refused messages."""
    return f"{topic}.dead-letters"


class Topics(NamedTuple):
    """The names of the topics; each has one of dead letters beside it."""

    catalog: str = catalog.TOPIC
    feedback: str = feedback.TOPIC
    metrics: str = metrics.TOPIC

    def with_dead_letters(self) -> list[str]:
        """All topics that the check reads: metrics' scores are consumed by nobody that could refuse one."""
        return [*self, dead_letters(self.catalog), dead_letters(self.feedback)]


DEFAULT_TOPICS = Topics()


@dataclass(frozen=True)
class Addresses:
    """`databases` by service; `metrics` is the address of its API, such as `http://127.0.0.1:8003`."""

    databases: Mapping[str, str]
    bootstrap: str
    metrics: str
    topics: Topics = DEFAULT_TOPICS


def find(environment: Mapping[str, str] = os.environ) -> Addresses:
    """What the environment names, and for the rest what the stack of `CIVICLOOP_STATE` runs with. CannotCheck."""
    state = Path(environment.get("CIVICLOOP_STATE") or ".civicloop").expanduser()
    known = {**_noted(state / "environment.json"), **{name: value for name, value in environment.items() if value}}
    needed = ["CIVICLOOP_KAFKA_BOOTSTRAP", *(f"CIVICLOOP_{service.upper()}_DATABASE_URL" for service in SERVICES)]
    missing = [name for name in needed if name not in known]
    if missing:
        raise CannotCheck(
            f"{', '.join(missing)} not set, and no stack has run with the state folder {state}.\n"
            "Start one with `civicloop up`, or name the parts of the loop in the environment."
        )
    databases = {service: known[f"CIVICLOOP_{service.upper()}_DATABASE_URL"] for service in SERVICES}
    return Addresses(databases, known["CIVICLOOP_KAFKA_BOOTSTRAP"], _metrics(known))


def _metrics(known: Mapping[str, str]) -> str:
    host = known.get("CIVICLOOP_HOST", "127.0.0.1")
    base = int(known.get("CIVICLOOP_PORT_BASE", "8000"))
    port = known.get("CIVICLOOP_METRICS_PORT", str(base + METRICS_PORT_OFFSET))
    return f"http://{ANYWHERE.get(host, host)}:{port}"


def _noted(file: Path) -> dict[str, Any]:
    try:
        noted: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return noted
