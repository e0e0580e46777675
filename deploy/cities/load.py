"""Brings a city into a running stack, through the services' public interfaces only.

Done again, it changes nothing: what the catalogue has is left as it is, and an import doubles no request.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from deploy.cities.city import MAPPINGS, City, count_rows, read_city

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and of how much where that is known."""

IMPORTS: dict[str, tuple[str, dict[str, str]]] = {
    ".yaml": ("/v1/import/catalogue", {"only_new": "true"}),
    ".geojson": ("/v1/import/geojson", {"reason": "Set-up; source: Analyze Boston, Boston Neighborhoods (PDDL)"}),
}
"""Where a file goes, by its kind. Areas are of entities that are there, so they are always set."""

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.2
SETTLED_SECONDS = 2.0
"""So long without a change means that metrics has counted all."""


class LoadError(Exception):
    """A service refused, or did not do in time, what loading needs."""


@dataclass(frozen=True)
class LoadReport:
    """What was loaded. `made` entities are new, `kept` ones were there; `requests` is the import's own report."""

    name: str
    made: int
    kept: int
    requests: Mapping[str, Any]
    events: int

    def __str__(self) -> str:
        rows, weeks, refused = (self.requests[key] for key in ("rows", "shift_weeks", "refused"))
        return (
            f"{self.name}: {rows:,} requests, {refused:,} of them refused; all dates are shifted by {weeks} weeks, "
            "so that the newest lies within the last seven days"
        )


@dataclass(frozen=True)
class Stack:
    """The three services, with a key that may write."""

    catalog: httpx.AsyncClient
    feedback: httpx.AsyncClient
    metrics: httpx.AsyncClient


async def load(addresses: dict[str, str], key: str, city: Path, progress: Progress) -> LoadReport:
    """Loads the city of a folder; returns once its requests are counted in its services' scores.

    `addresses` gives the base address of catalog, feedback and metrics. Raises LoadError, and httpx.HTTPError where a
    service cannot be reached.
    """
    found = read_city(city)
    async with _stack(addresses, key) as stack:
        made, kept = await apply_catalogue(stack.catalog, found.files(city), progress)
        name = _json(await stack.catalog.get(f"/v1/jurisdictions/{found.id}"))["name"]
        services = found.service_ids(city)
        await _await_copies(stack, services, progress)
        report = await _import(stack.feedback, found, city / found.requests.file, progress)
        events = await _await_counts(stack.metrics, services, report["taken"], progress)
    return LoadReport(name, made, kept, report, events)


@asynccontextmanager
async def _stack(addresses: Mapping[str, str], key: str) -> AsyncIterator[Stack]:
    def client(service: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=addresses[service], headers={"Authorization": f"Bearer {key}"}, timeout=60)

    async with client("catalog") as catalog, client("feedback") as feedback, client("metrics") as metrics:
        yield Stack(catalog, feedback, metrics)


async def apply_catalogue(catalog: httpx.AsyncClient, files: Sequence[Path], progress: Progress) -> tuple[int, int]:
    """Makes what the catalogue does not have; returns how many were made, and how many were there."""
    made = kept = 0
    for done, file in enumerate(files, 1):
        address, query = IMPORTS[file.suffix]
        plan = _json(await catalog.post(address, params=query, content=file.read_bytes()))
        made += len(plan["create"])
        kept += plan["unchanged"]
        progress("catalogue", done, len(files))
    return made, kept


async def _await_copies(stack: Stack, services: Sequence[str], progress: Progress) -> None:
    """The catalogue's events take a moment to reach the others."""
    wanted = [(stack.feedback, f"/v1/services/{id}") for id in services]
    wanted += [(stack.metrics, f"/v1/services/{id}/score") for id in services]
    for done, (service, address) in enumerate(wanted, 1):
        await _until(partial(_read, service, address), f"{address} to be known")
        progress("copies of the catalogue", done, len(wanted))


async def _import(feedback: httpx.AsyncClient, city: City, file: Path, progress: Progress) -> dict[str, Any]:
    mapping = city.requests.mapping
    _require(await feedback.put(f"/v1/mappings/{mapping}", content=(MAPPINGS / f"{mapping}.yaml").read_bytes()))
    export, rows = await asyncio.to_thread(file.read_bytes), await asyncio.to_thread(count_rows, file)
    watching = asyncio.create_task(_watch_import(feedback, rows, progress))
    try:
        return await _until(partial(_send, feedback, city, export), "the catalogue's copies in feedback")
    finally:
        watching.cancel()


async def _send(feedback: httpx.AsyncClient, city: City, export: bytes) -> dict[str, Any] | None:
    """The import's report; None while feedback does not know yet what the mapping names."""
    answer = await feedback.post(
        "/v1/imports",
        params={"mapping": city.requests.mapping, "jurisdiction_id": city.id, "shift": "weeks-to-now"},
        headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"},
        content=export,
        timeout=None,
    )
    if answer.status_code == 422 and ":unknown-" in answer.json()["type"]:
        return None
    return _json(answer)


async def _watch_import(feedback: httpx.AsyncClient, rows: int, progress: Progress) -> None:
    """Tells how far the newest import is, until cancelled."""
    while True:
        for running in _json(await feedback.get("/v1/imports", params={"limit": 1}))["items"]:
            progress("requests", running["rows"], rows)
        await asyncio.sleep(POLL_SECONDS)


async def _await_counts(metrics: httpx.AsyncClient, services: Sequence[str], new: int, progress: Progress) -> int:
    """How many events are counted, once those of `new` requests are: when their number does not grow any more."""
    events, grown_at = await _events(metrics, services), time.monotonic()
    while new and (events < new or time.monotonic() - grown_at < SETTLED_SECONDS):
        await asyncio.sleep(POLL_SECONDS)
        before, events = events, await _events(metrics, services)
        grown_at = grown_at if events == before else time.monotonic()
        progress("events in scores", events, None)
    return events


async def _events(metrics: httpx.AsyncClient, services: Sequence[str]) -> int:
    return sum([_json(await metrics.get(f"/v1/services/{id}/score"))["events"] for id in services])


async def _read(service: httpx.AsyncClient, address: str) -> dict[str, Any] | None:
    """What is at an address; None if there is nothing yet."""
    answer = await service.get(address)
    return None if answer.status_code == 404 else _json(answer)


async def _until(get: Callable[[], Awaitable[dict[str, Any] | None]], what: str) -> dict[str, Any]:
    """What `get` gives as soon as it gives something. Raises LoadError where that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := await get()) is None:
        if time.monotonic() > deadline:
            raise LoadError(f"waited {PATIENCE_SECONDS} s in vain for {what}")
        await asyncio.sleep(POLL_SECONDS)
    return found


def _json(answer: httpx.Response) -> dict[str, Any]:
    document: dict[str, Any] = _require(answer).json()
    return document


def _require(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise LoadError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")
    return answer
