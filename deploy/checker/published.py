"""Scores as metrics shows them, against the same computed anew: `/score`, `/explanation`, and the topic's newest."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from deploy.checker.addresses import CannotCheck
from deploy.checker.findings import Findings
from deploy.checker.model import LINES, SCORECARD, Figure, Score

SECONDS = 30
HALF_A_DIGIT = 1e-6
"""Published figures are rounded to 6 decimals."""


class MetricsApi:
    """GETs JSON over one connection that is kept open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._address = address
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(parts.netloc, timeout=SECONDS)

    def get(self, path: str) -> tuple[int, Any]:
        """Status and body. Raises CannotCheck where nobody answers."""
        try:
            self._connection.request("GET", self._prefix + path, headers={"Accept": "application/json"})
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()
            raise CannotCheck(
                f"metrics does not answer at {self._address}{path}: {error!r}\n"
                "Is its api running, and CIVICLOOP_HOST and CIVICLOOP_METRICS_PORT right?"
            ) from error

    def close(self) -> None:
        self._connection.close()


class Published:
    """Compares what is published of services on one day; `services` counts those that were compared."""

    def __init__(self, api: MetricsApi, as_of: date, findings: Findings, newest: Mapping[str, Any]) -> None:
        self._api = api
        self._as_of = as_of
        self._findings = findings
        self._newest = newest
        self.services = 0

    def compare(self, service: str, expected: Score) -> None:
        """Compares one service, blocking. The score is asked for as everybody does, and as of the day.

        As of the day it is asked for by the scorecard that is recounted here, for the city may be scored by another.
        """
        self.services += 1
        path = f"/v1/services/{quote(service, safe='')}"
        day = f"?as_of={self._as_of.isoformat()}&scorecard={SCORECARD}"
        answer = self._ask(service, f"{path}/explanation{day}")
        self._compare(service, "/explanation", _by_indicator(answer), dict(_explanation(expected)))
        for question in ("/score", f"/score{day}"):
            self._compare(service, question, self._ask(service, path + question), dict(_score(expected)))
        newest = self._newest.get(service)
        if newest is not None:
            self._compare(service, "the newest event", newest, dict(_score(expected)))

    def _ask(self, service: str, path: str) -> Any:
        status, body = self._api.get(path)
        if status != 200:
            self._findings.add("wrong", f"{service}: {path} answers with status {status}")
            return None
        return body

    def _compare(self, service: str, where: str, found: Any, expected: Mapping[tuple[str, ...], float | None]) -> None:
        """Figures by another scorecard, or of another day, are not those computed here."""
        if found is None or found.get("scorecard") != SCORECARD or found.get("as_of") != self._as_of.isoformat():
            return
        for path, figure in expected.items():
            shown = _at(found, path)
            if not _same(shown, figure):
                text = f"{service}: {where} shows {'.'.join(path)} as {shown}; recounted it is {figure}"
                self._findings.add("wrong", text)


def _score(expected: Score) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for name, (figure, coverage) in expected.dimensions.items():
        yield ("dimensions", name, "coverage"), coverage
        yield from _figure(("dimensions", name), figure)
    yield from _figure(("public_value",), expected.public_value)
    yield ("events",), expected.events


def _explanation(expected: Score) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for name, found in expected.measured.items():
        estimate = found.estimate
        yield (name, "value"), estimate and estimate.value
        yield (name, "observed"), estimate and estimate.observed
        yield (name, "sd"), estimate and estimate.sd
        yield (name, "n"), found.n
        yield (name, "effective_n"), found.effective_n
        yield (name, "weight"), LINES[name].weight
        yield (name, "contribution"), expected.contributions[name]
        yield from _figure((name,), expected.points[name])


def _figure(path: tuple[str, ...], figure: Figure | None) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for name in ("score", "low", "high"):
        yield (*path, name), figure and getattr(figure, name)


def _by_indicator(answer: Any) -> Any:
    return answer and answer | {indicator["id"]: indicator for indicator in answer["indicators"]}


def _at(found: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _same(shown: Any, figure: float | None) -> bool:
    """Whole numbers exactly, others to what rounding leaves."""
    if figure is None or shown is None:
        return shown is figure
    if isinstance(figure, int):
        return bool(shown == figure)
    return bool(abs(shown - figure) <= HALF_A_DIGIT + 1e-9 * abs(figure))
