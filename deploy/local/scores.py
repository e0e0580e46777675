"""The scores of a running stack as a table."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from rich.box import SIMPLE_HEAD
from rich.table import Table

PAGE = 200
SHOWN = 30
"""A table for the eye: a city with more services has them all at the metrics address."""


def scores_table(addresses: Mapping[str, str], caption: str) -> Table | None:
    """Effectiveness and the other dimensions of each service, with 90 % intervals; None without services."""
    scores = [(service, score) for service in _services(addresses["catalog"]) if (score := _score(addresses, service))]
    if not scores:
        return None
    scores.sort(key=lambda pair: -(pair[1]["public_value"]["score"] or 0))
    dimensions = list(scores[0][1]["dimensions"])
    more = f"; {len(scores) - SHOWN} more services: {addresses['metrics']}/docs" if len(scores) > SHOWN else ""
    table = Table(
        title=f"Scores on {scores[0][1]['as_of']}, 0 to 100, with 90 % intervals",
        caption=f"{caption}{more}; -: too little evidence for a figure",
        box=SIMPLE_HEAD,
    )
    table.add_column("service")
    for heading in (*dimensions, "public value", "events"):
        table.add_column(heading.replace("_", " "), justify="right")
    for service, score in scores[:SHOWN]:
        intervals = [*(score["dimensions"][dimension] for dimension in dimensions), score["public_value"]]
        table.add_row(service["id"], *map(_points, intervals), f"{score['events']:,}")
    return table


def _services(catalog: str) -> Iterator[Mapping[str, Any]]:
    cursor = None
    while True:
        page = _get(f"{catalog}/v1/services?limit={PAGE}" + (f"&cursor={quote(cursor)}" if cursor else ""))
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _score(addresses: Mapping[str, str], service: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """None for a service that metrics has not heard of yet."""
    try:
        return _get(f"{addresses['metrics']}/v1/services/{service['id']}/score")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def _points(interval: Mapping[str, float | None]) -> str:
    if interval["score"] is None:
        return "-"
    return f"{interval['score']:.0f} ({interval['low']:.0f}-{interval['high']:.0f})"


def _get(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        content: dict[str, Any] = json.load(answer)
    return content
