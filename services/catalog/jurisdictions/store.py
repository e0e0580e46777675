"""The table of jurisdictions."""

from sqlalchemy import BigInteger, Column, Table, Text

from services.catalog.entities.store import entity_columns, metadata

jurisdiction = Table(
    "jurisdiction",
    metadata,
    *entity_columns(),
    Column("time_zone", Text, nullable=False),
    Column("population", BigInteger),
)
