"""Sketches of contributors, made anew from feedback's rows and compared byte for byte."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

import asyncpg
from datasketches import compact_theta_sketch, theta_union, update_theta_sketch

from deploy.checker.differences import Row, Rows, differences
from deploy.checker.findings import Findings
from deploy.checker.parts import sql, stream

LG_K = 12
KEY = 3


class Group(NamedTuple):
    """Sketches of one service, district and month: `valid` without those whose input is withdrawn, `ever` with them."""

    valid: bytes
    ever: bytes


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
    """Key and Group of each service, district and month that had input, in the order of the keys."""
    members: list[tuple[str, bool]] = []
    key: Row | None = None
    async for *new_key, contributor, counts in stream(feedback, sql("contributors")):
        if key is not None and tuple(new_key) != key:
            yield (*key, _group(members))
            members = []
        key = tuple(new_key)
        members.append((contributor, counts))
    if key is not None:
        yield (*key, _group(members))


async def compare(expected: Rows, metrics: asyncpg.Connection, findings: Findings) -> int:
    """Notes differences; returns the number of sketches that metrics has."""
    compared = 0

    async def stored() -> AsyncIterator[Row]:
        nonlocal compared
        async for *key, content, is_stale in stream(metrics, sql("stored_sketches")):
            compared += 1
            yield (*key, (bytes(content), is_stale))

    async for key, groups, found in differences(expected, stored(), KEY):
        fault = _fault(groups[0] if groups else Group(EMPTY, EMPTY), found[0] if found else (EMPTY, False))
        if fault:
            findings.add("wrong", f"contributor_sketch {' '.join(map(str, key))}: {fault}")
    return compared


def _group(members: list[tuple[str, bool]]) -> Group:
    valid = sketch(contributor for contributor, counts in members if counts)
    all_count = all(counts for _, counts in members)
    return Group(valid, valid if all_count else sketch(contributor for contributor, _ in members))


def _fault(expected: Group, found: tuple[bytes, bool]) -> str | None:
    """A stale sketch may hold any of those who withdrew, but must hold all others, and nobody else."""
    content, stale = found
    if content == expected.valid:
        return None
    if not stale:
        return f"{_people(expected.valid)} contributors expected, {_people(content)} found, or others than expected"
    try:
        between = _holds(content, expected.valid) and _holds(expected.ever, content)
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
