"""The table of services."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Table, Text

from services.catalog.entities.store import local_columns, metadata

service = Table(
    "service",
    metadata,
    *local_columns(),
    Column("status", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("organisation_id", Text),
    Column("focal_area", Text),
    Column("resolution_target", BigInteger),
    Column("first_answer_target", BigInteger),
    Column("target_source", Text),
    ForeignKeyConstraint(
        ["organisation_id", "jurisdiction_id"],
        ["organisation.id", "organisation.jurisdiction_id"],
        name="service_organisation_id_fkey",
    ),
)
