"""Requests as CSV (RFC 4180), as spreadsheets may open it."""

from shared.tables import lines

__all__ = ["COLUMNS", "lines"]

COLUMNS = (
    "id", "jurisdiction_id", "service_id", "district_id", "status", "state", "resolution", "duplicate_of", "split_from",
    "opened_at", "due_at", "acknowledged_at", "first_answered_at", "closed_at", "channel", "campaign", "latitude",
    "longitude", "address", "description", "answers",
)  # fmt: skip
