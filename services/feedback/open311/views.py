"""Requests as GeoReport v2 tells of them: every field is there, empty where nothing is known."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.directory.domain import Service
from services.feedback.screening import masked


def told(
    row: asyncpg.Record,
    services: Mapping[str, Service],
    organisations: Mapping[str, str],
    media_urls: Sequence[str],
    notes: Sequence[asyncpg.Record] | None,
) -> dict[str, Any]:
    """One request; with `notes`, also what has come into use beyond the standard."""
    service = services.get(row["service_id"])
    document = {
        "service_request_id": str(row["id"]),
        "status": row["status"],
        "status_notes": row["answer"] or row["resolution"],
        "service_name": service.name if service else None,
        "service_code": row["service_id"],
        "description": row["description"],
        "agency_responsible": organisations.get(service.organisation_id or "") if service else None,
        "service_notice": None,
        "requested_datetime": _time(row["opened_at"]),
        "updated_datetime": _time(row["updated_at"]),
        "expected_datetime": _time(row["due_at"]),
        "address": row["address"],
        "address_id": row["address_id"],
        "zipcode": row["zipcode"],
        "lat": row["latitude"],
        "long": row["longitude"],
        "media_url": next(iter(media_urls), None),
    }
    return document if notes is None else document | _extended(row, media_urls, notes)


def _extended(row: asyncpg.Record, media_urls: Sequence[str], notes: Sequence[asyncpg.Record]) -> dict[str, Any]:
    answers = row["attributes"] or {}
    return {
        "attributes": [
            {"code": code, "value": ",".join(value) if isinstance(value, list) else masked(value) or value}
            for code, value in answers.items()
        ],
        "state": row["state"],
        "resolution": row["resolution"],
        "duplicate_of": None if row["duplicate_of"] is None else str(row["duplicate_of"]),
        "acknowledged_datetime": _time(row["acknowledged_at"]),
        "district_id": row["district_id"],
        "channel": row["channel"],
        "media_urls": list(media_urls),
        "notes": [{"datetime": _time(note["at"]), "description": note["text"]} for note in notes],
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
