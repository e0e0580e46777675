"""Alerts: the newest state of each on the topic, in metrics' table with its history, and by the API are the same."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.published import MetricsApi
from deploy.checker.witness import StateWitness

RAISED, CLEARED = "metrics.alert.raised.v1", "metrics.alert.cleared.v1"
STORED = """
SELECT a.id, a.open, a.body, h.open AS last_open, h.body AS last_body
FROM alert a LEFT JOIN LATERAL (
     SELECT c.open, c.body FROM alert_change c WHERE c.alert_id = a.id ORDER BY c.change DESC LIMIT 1) h ON true
"""
SHOWN = ("id", "rule", "subject_kind", "subject_id", "jurisdiction_id", "number", "as_of", "scorecard", "evidence",
         "thresholds", "because")  # fmt: skip
PAGE = 500

State = tuple[bool, dict[str, Any]]
"""Whether an alert is open, and what was said of it last."""


async def compare(database: asyncpg.Connection, told: StateWitness, api: str, findings: Findings) -> int:
    """Compares them, and returns how many alerts there are."""
    rows = await database.fetch(STORED)
    stored: dict[str, State] = {row["id"]: (row["open"], json.loads(row["body"])) for row in rows}
    for row in rows:
        if (row["open"], row["body"]) != (row["last_open"], row["last_body"]):
            findings.add("wrong", f"alert {row['id']}: the table says {row['body']}; its history {row['last_body']}")
    _compare("the topic", on_topic(told.newest), stored, findings)
    shown = await asyncio.to_thread(_by_api, api, findings)
    expected = {id_: (open_, {name: body.get(name) for name in SHOWN}) for id_, (open_, body) in stored.items()}
    _compare("/v1/alerts", shown, expected, findings)
    return len(stored)


def on_topic(newest: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, State]:
    """The newest state by alert. Both types have one key, and a clearing the number of the raising that it ends."""
    raised, cleared = newest.get(RAISED, {}), newest.get(CLEARED, {})
    found: dict[str, State] = {id_: (False, body) for id_, body in cleared.items()}
    for id_, body in raised.items():
        if id_ not in cleared or body["number"] > cleared[id_]["number"]:
            found[id_] = True, body
    return found


def _by_api(address: str, findings: Findings) -> dict[str, State]:
    with closing(MetricsApi(address)) as api:
        return {
            item["id"]: (item["state"] == "open", {name: item.get(name) for name in SHOWN})
            for item in _items(api, findings)
        }


def _items(api: MetricsApi, findings: Findings) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        status, body = api.get(f"/v1/alerts?limit={PAGE}" + (f"&cursor={quote(after)}" if after else ""))
        if status != 200:
            findings.add("wrong", f"/v1/alerts answers with status {status}")
            return
        yield from body["items"]
        after = body["next"]


def _compare(where: str, found: Mapping[str, State], stored: Mapping[str, State], findings: Findings) -> None:
    for id_ in sorted(found.keys() | stored.keys()):
        if found.get(id_) != stored.get(id_):
            findings.add("wrong", f"alert {id_}: {where} says {found.get(id_)}; the table {stored.get(id_)}")
