"""Where the parts of the loop are: from the environment, or as the embedded stack noted it in its state folder."""

import json
import os
from collections.abc import Mapping, Sequence
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
    known = _known(environment)
    bootstrap, databases = find_some(SERVICES, environment)
    return Addresses(databases, bootstrap, _metrics(known))


def find_some(services: Sequence[str], environment: Mapping[str, str] = os.environ) -> tuple[str, dict[str, str]]:
    """The broker, and the databases of some services. CannotCheck."""
    known = _known(environment)
    needed = ["CIVICLOOP_KAFKA_BOOTSTRAP", *(f"CIVICLOOP_{service.upper()}_DATABASE_URL" for service in services)]
    missing = [name for name in needed if name not in known]
    if missing:
        raise CannotCheck(
            f"{', '.join(missing)} not set, and no stack has run with the state folder {_state(environment)}.\n"
            "Start one with `civicloop up`, or name the parts of the loop in the environment."
        )
    databases = {service: known[f"CIVICLOOP_{service.upper()}_DATABASE_URL"] for service in services}
    return known["CIVICLOOP_KAFKA_BOOTSTRAP"], databases


def _state(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("CIVICLOOP_STATE") or ".civicloop").expanduser()


def _known(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        **_noted(_state(environment) / "environment.json"),
        **{n: value for n, value in environment.items() if value},
    }


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
