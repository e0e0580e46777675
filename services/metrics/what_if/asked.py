"""Whose score is asked for, as `/v1/{services, districts, ...}` know it, and when."""

from datetime import date
from typing import assert_never

import asyncpg

from services.metrics.scores.weighing import Time
from services.metrics.subjects import store
from services.metrics.subjects.subject import Kind, Subject
from services.metrics.subjects.times import Asked
from services.metrics.what_if.schemas import SubjectIn
from shared.problems import Problem


async def find(database: asyncpg.Connection, said: SubjectIn) -> Subject:
    """The subject. A problem where there is none."""
    found = await _find(database, said)
    if found is None:
        raise Problem(404, f"unknown-{said.kind}", f"There is no such {said.kind.replace('-', ' ')} here", said.id)
    return found


async def _find(database: asyncpg.Connection, said: SubjectIn) -> Subject | None:
    match said.kind:
        case "service":
            return await store.find_service(database, said.id)
        case "district":
            return await store.find_district(database, said.id, said.service_id)
        case "focal-area":
            return await store.find_focal_area(database, said.id, said.jurisdiction_id or "")
        case "organisation":
            return await store.find_organisation(database, said.id, below=said.below)
        case "jurisdiction":
            return await store.find_jurisdiction(database, said.id)
        case "region":
            return await store.find_region(database, said.id)
        case _:
            assert_never(said.kind)


def when(subject: Subject, day: date) -> Time:
    """The standing that `/score` tells of a day; of districts at the end of a whole month."""
    [time] = Asked(in_months=subject.kind is Kind.DISTRICT).times([day])
    return time
