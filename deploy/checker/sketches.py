"""Sketches of contributors, made anew from feedback's rows and compared byte for byte."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any

import asyncpg
from datasketches import compact_theta_sketch, theta_union, update_theta_sketch

from deploy.checker.differences import Row, Rows, differences
from deploy.checker.findings import Findings
from deploy.checker.parts import sql, stream

LG_K = 12
KEY = 3

TakenBack = Mapping[Row, Collection[str]]
"""Who gave what was taken back, by service, district and month."""


def sketch(contributors: Iterable[str]) -> bytes:
    """Trimmed, ordered, compact: the bytes depend on the set alone."""
    found = update_theta_sketch(LG_K)
    for contributor in contributors:
        found.update(contributor)
    found.trim()
    return bytes(found.compact(True).serialize())


EMPTY = sketch(())


def union(sketches: Iterable[bytes]) -> Any:
    """The compact sketch of all that several hold."""
    result = theta_union(LG_K)
    for each in sketches:
        result.update(compact_theta_sketch.deserialize(each))
    return result.get_result(True)


async def recount(feedback: asyncpg.Connection) -> AsyncIterator[Row]:
    """Key and sketch of each service, district and month that had input, in the order of the keys."""
    members: list[str] = []
    key: Row | None = None
    async for *new_key, contributor in stream(feedback, sql("contributors")):
        if key is not None and tuple(new_key) != key:
            yield (*key, sketch(members))
            members = []
        key = tuple(new_key)
        members.append(contributor)
    if key is not None:
        yield (*key, sketch(members))


async def compare(expected: Rows, taken_back: TakenBack, metrics: asyncpg.Connection, findings: Findings) -> int:
    """Notes differences; returns the number of sketches that metrics has."""
    compared = 0

    async def stored() -> AsyncIterator[Row]:
        nonlocal compared
        async for *key, content, is_stale in stream(metrics, sql("stored_sketches")):
            compared += 1
            yield (*key, (bytes(content), is_stale))

    async for key, valid, found in differences(expected, stored(), KEY):
        fault = _fault(valid[0] if valid else EMPTY, taken_back.get(key, ()), *(found[0] if found else (EMPTY, False)))
        if fault:
            findings.add("wrong", f"contributor_sketch {' '.join(map(str, key))}: {fault}")
    return compared


def _fault(valid: bytes, taken_back: Iterable[str], content: bytes, stale: bool) -> str | None:
    """A stale sketch may hold any of those whose input was taken back, but must hold all others, and nobody else."""
    if content == valid:
        return None
    if not stale:
        return f"{_people(valid)} contributors expected, {_people(content)} found, or others than expected"
    try:
        ever = bytes(union((valid, sketch(taken_back))).serialize())
        between = _holds(content, valid) and _holds(ever, content)
    except (ValueError, RuntimeError):
        between = False
    return None if between else "stale, and not to be explained by withdrawals"


def _holds(larger: bytes, smaller: bytes) -> bool:
    return bytes(union((larger, smaller)).serialize()) == larger


def _people(content: bytes) -> str:
    try:
        return str(round(compact_theta_sketch.deserialize(content).get_estimate()))
    except (ValueError, RuntimeError):
        return "unreadable"
