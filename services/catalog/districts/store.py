"""The table of districts."""

from sqlalchemy import BigInteger, Column, Table

from services.catalog.entities.store import local_columns, metadata

district = Table("district", metadata, *local_columns(), Column("population", BigInteger))
