"""Alerts: the newest state of each on the topic, in metrics' table with its history, and by the API are the same, and
it is the one in which the rules leave it."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.model import SCORECARD
from deploy.checker.published import MetricsApi
from deploy.checker.rules import BOUNDS, Verdict
from deploy.checker.witness import StateWitness

RAISED, CLEARED = "metrics.alert.raised.v1", "metrics.alert.cleared.v1"
STORED = """
SELECT a.id, a.open, a.body, h.open AS last_open, h.body AS last_body
FROM alert a LEFT JOIN LATERAL (
     SELECT c.open, c.body FROM alert_change c WHERE c.alert_id = a.id ORDER BY c.change DESC LIMIT 1) h ON true
"""
# Services whose every event was counted when they were looked at, and whether the others' were, which priors rest on.
LOOKS = """
SELECT w.service_id, w.jurisdiction_touched = coalesce(j.touched, 0) AS by_these_priors
FROM alert_watch w JOIN service_activity a USING (service_id)
LEFT JOIN jurisdiction_activity j USING (jurisdiction_id)
WHERE w.day = $1 AND w.touched = a.touched
  AND NOT EXISTS (SELECT FROM contributor_sketch s WHERE s.service_id = w.service_id AND s.stale)
"""
ACKNOWLEDGED, WITHDRAWN = "metrics.alert.acknowledged.v1", "metrics.alert.acknowledgement.withdrawn.v1"
NOTED = """
SELECT k.alert_id, k.number, k.acknowledged_at FROM alert_acknowledgement k
JOIN alert a ON a.id = k.alert_id AND a.number = k.number
"""
SHOWN = ("id", "rule", "subject_kind", "subject_id", "jurisdiction_id", "number", "as_of", "scorecard", "evidence",
         "thresholds", "because")  # fmt: skip
PAGE = 500

State = tuple[bool, dict[str, Any]]
"""Whether an alert is open, and what was said of it last."""


async def compare(
    database: asyncpg.Connection, told: StateWitness, api: str, findings: Findings
) -> Mapping[str, State]:
    """Compares them, and returns those of the table by id."""
    rows = await database.fetch(STORED)
    stored: dict[str, State] = {row["id"]: (row["open"], json.loads(row["body"])) for row in rows}
    for row in rows:
        if (row["open"], row["body"]) != (row["last_open"], row["last_body"]):
            findings.add("wrong", f"alert {row['id']}: the table says {row['body']}; its history {row['last_body']}")
    _compare("the topic", on_topic(told.newest), stored, findings)
    items = await asyncio.to_thread(_by_api, api, findings)
    shown = {item["id"]: (item["state"] == "open", {name: item.get(name) for name in SHOWN}) for item in items}
    expected = {id_: (open_, {name: body.get(name) for name in SHOWN}) for id_, (open_, body) in stored.items()}
    _compare("/v1/alerts", shown, expected, findings)
    await _compare_acknowledgements(database, told, items, findings)
    return stored


async def _compare_acknowledgements(
    database: asyncpg.Connection, told: StateWitness, shown: Iterable[Mapping[str, Any]], findings: Findings
) -> None:
    """Those of the newest raising of each alert are on the topic and shown, and no others."""
    stored = {row["alert_id"]: (row["number"], row["acknowledged_at"]) for row in await database.fetch(NOTED)}
    by_api = {item["id"]: _noted(item["number"], note["at"]) for item in shown if (note := item["acknowledgement"])}
    _compare("/v1/alerts", by_api, stored, findings)
    numbers = {id_: body["number"] for id_, (_, body) in on_topic(told.newest).items()}
    noted, withdrawn = (
        {id_: _noted(body["number"], body["acknowledged_at"]) for id_, body in told.newest.get(type_, {}).items()}
        for type_ in (ACKNOWLEDGED, WITHDRAWN)
    )
    of_topic = {id_: each for id_, each in noted.items() if each[0] == numbers.get(id_) and each != withdrawn.get(id_)}
    _compare("the topic", of_topic, stored, findings)


def _noted(number: int, at: str) -> tuple[int, datetime]:
    return number, datetime.fromisoformat(at)


def on_topic(newest: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, State]:
    """The newest state by alert. Both types have one key, and a clearing the number of the raising that it ends."""
    raised, cleared = newest.get(RAISED, {}), newest.get(CLEARED, {})
    found: dict[str, State] = {id_: (False, body) for id_, body in cleared.items()}
    for id_, body in raised.items():
        if id_ not in cleared or body["number"] > cleared[id_]["number"]:
            found[id_] = True, body
    return found


def _by_api(address: str, findings: Findings) -> list[dict[str, Any]]:
    with closing(MetricsApi(address)) as api:
        _compare_rules(api, findings)
        return list(_items(api, findings))


def _compare_rules(api: MetricsApi, findings: Findings) -> None:
    _, body = api.get("/v1/alert-rules")
    shown = {rule["id"]: rule["thresholds"] for rule in body["items"]}
    for rule in sorted(shown.keys() | BOUNDS.keys()):
        if shown.get(rule) != BOUNDS.get(rule):
            findings.add("wrong", f"/v1/alert-rules tells of {rule} {shown.get(rule)}; by the docs {BOUNDS.get(rule)}")


def _items(api: MetricsApi, findings: Findings) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        status, body = api.get(f"/v1/alerts?limit={PAGE}" + (f"&cursor={quote(after)}" if after else ""))
        if status != 200:
            findings.add("wrong", f"/v1/alerts answers with status {status}")
            return
        yield from body["items"]
        after = body["next"]


def _compare(where: str, found: Mapping[str, Any], stored: Mapping[str, Any], findings: Findings) -> None:
    for id_ in sorted(found.keys() | stored.keys()):
        if found.get(id_) != stored.get(id_):
            findings.add("wrong", f"alert {id_}: {where} says {found.get(id_)}; the table {stored.get(id_)}")


async def looks(
    database: asyncpg.Connection, day: date, scores: Mapping[str, Mapping[str, Any]], *, by_channel: bool
) -> dict[str, frozenset[str]]:
    """Services of which nothing has changed since metrics looked, each with the rules that are not judged here.

    The score was another one where others' input has changed priors since, for which metrics does not look again before
    the next day, or where the city is scored by a scorecard of its own, which is not recomputed here. Channels are
    counted once a day: `by_channel` is whether that is still what it would be now.
    """
    by_default = {service for service, score in scores.items() if score["scorecard"] == SCORECARD}
    found = {}
    for row in await database.fetch(LOOKS, day):
        scored_alike = row["by_these_priors"] and row["service_id"] in by_default
        judged = {"score-dropped": scored_alike, "channel-dominant": by_channel}
        found[row["service_id"]] = frozenset(rule for rule, is_judged in judged.items() if not is_judged)
    return found


class Judged:
    """Compares alerts with what the rules say. `rules` counts those compared, `left_out` those that cannot be."""

    def __init__(self, looks: Mapping[str, frozenset[str]], stored: Mapping[str, State], findings: Findings) -> None:
        self._looks = looks
        self._open = {id_ for id_, (open_, _) in stored.items() if open_}
        self._findings = findings
        self.rules = 0
        self.left_out = 0

    def compare(self, verdicts: Mapping[str, Mapping[str, Verdict]]) -> None:
        """Compares those of every service, by service and rule."""
        expected = {f"{service}@{rule}": verdict for service, of in verdicts.items() for rule, verdict in of.items()}
        for id_, verdict in expected.items():
            self._compare(id_, verdict)
        for id_ in sorted(self._open - expected.keys()):
            self._findings.add("wrong", f"alert {id_} is open; there is no such service or no such rule")

    def _compare(self, id_: str, verdict: Verdict) -> None:
        service, _, rule = id_.partition("@")
        if service not in self._looks or rule in self._looks[service]:
            self.left_out += 1
            return
        self.rules += 1
        if verdict == Verdict.OPEN and id_ not in self._open:
            self._findings.add("wrong", f"alert {id_} is not open; by the recount the rule holds")
        elif verdict == Verdict.CLOSED and id_ in self._open:
            self._findings.add("wrong", f"alert {id_} is open; by the recount the rule does not hold")
