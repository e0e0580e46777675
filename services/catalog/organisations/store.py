"""The table of organisations."""

from sqlalchemy import Column, Table, Text, UniqueConstraint

from services.catalog.entities.store import local_columns, metadata

organisation = Table(
    "organisation",
    metadata,
    *local_columns(),
    Column("helix", Text),
    UniqueConstraint("id", "jurisdiction_id", name="organisation_in_jurisdiction"),
)
