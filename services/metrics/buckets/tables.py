"""The buckets' tables: a row for each owner and period with a column for each cell, and others for sparse measures.

Most of what a batch adds falls on few owners and periods, so that one row takes what would be many. A view over both
shows buckets as docs/scores.md speaks of them: (owner, measure, bin, period, count, total), without empty ones, and
without measures on demand that are not complete.
"""

from typing import NamedTuple

from services.metrics.buckets.measures import CELLS, COLUMNS
from shared.database import Statements


class Grouping(NamedTuple):
    """One of the three groupings of observations; `view` names what is read."""

    view: str
    owners: tuple[str, ...]
    period: str

    @property
    def cells(self) -> str:
        """The table of a row with a column for each cell."""
        return f"{self.view}_cells"

    @property
    def sparse(self) -> str:
        """The table of a row for each sparse measure and bin."""
        return f"{self.view}_sparse"


DAYS = Grouping("bucket_day", ("service_id",), "day")
MONTHS = Grouping("bucket_month", ("service_id", "district_id"), "month")
JURISDICTIONS = Grouping("bucket_jurisdiction", ("jurisdiction_id",), "day")
GROUPINGS = (DAYS, MONTHS, JURISDICTIONS)

# Which measures on demand are wanted, counted as events come, and complete: counted from the first event on.
ON_DEMAND = """
CREATE TABLE IF NOT EXISTS measure_on_demand (
    measure smallint PRIMARY KEY, wanted_at timestamptz, counted_since timestamptz, complete_at timestamptz)
"""
COMPLETE = "measure NOT IN (SELECT d.measure FROM measure_on_demand d WHERE d.complete_at IS NULL)"
"""What readers of sparse rows ask for: others do not tell of all that happened."""

# Counts change far more often than keys: room in each page lets an update stay in its page, without index work.
TABLES = """
CREATE TABLE {grouping.cells} ({texts}, {grouping.period} date, {columns}, PRIMARY KEY ({owners}, {grouping.period}))
WITH (fillfactor = 60);

CREATE TABLE {grouping.sparse} (
    {texts}, measure smallint, bin smallint, {grouping.period} date, count bigint NOT NULL, total bigint NOT NULL,
    PRIMARY KEY ({owners}, measure, bin, {grouping.period})) WITH (fillfactor = 80)
"""
VIEW = """
CREATE VIEW {grouping.view} AS
SELECT {owners}, cell.measure, cell.bin, {grouping.period}, cell.count, cell.total
FROM {grouping.cells}, LATERAL (VALUES {values}) AS cell (measure, bin, count, total)
WHERE cell.count <> 0 OR cell.total <> 0
UNION ALL SELECT {owners}, measure, bin, {grouping.period}, count, total FROM {grouping.sparse}
WHERE {complete}
"""


def create_buckets(op: Statements) -> None:
    """Creates tables and views in a migration."""
    op.execute(ON_DEMAND)
    for grouping in GROUPINGS:
        text = TABLES.format(
            grouping=grouping,
            owners=", ".join(grouping.owners),
            texts=", ".join(f"{owner} text" for owner in grouping.owners),
            columns=", ".join(f"{column} bigint NOT NULL DEFAULT 0" for column in COLUMNS),
        )
        for statement in text.split(";\n"):
            op.execute(statement)
        _create_view(op, grouping)


def renew_buckets(op: Statements) -> None:
    """Gives tables of an earlier version the cells that they lack, in a migration; what they hold stays."""
    op.execute(ON_DEMAND)
    for grouping in GROUPINGS:
        op.execute(f"DROP VIEW {grouping.view}")
        op.execute(f"ALTER TABLE IF EXISTS {grouping.view}_durations RENAME TO {grouping.sparse}")
        columns = [f"ADD COLUMN IF NOT EXISTS {column} bigint NOT NULL DEFAULT 0" for column in COLUMNS]
        columns += [f"ALTER COLUMN {column} SET DEFAULT 0" for column in COLUMNS]
        op.execute(f"ALTER TABLE {grouping.cells} {', '.join(columns)}")
        _create_view(op, grouping)


def _create_view(op: Statements, grouping: Grouping) -> None:
    values = ", ".join(
        f"({cell.measure:d}::smallint, {cell.bin}::smallint, {cell.counts}, {cell.totals or 0}::bigint)"
        for cell in CELLS
    )
    op.execute(VIEW.format(grouping=grouping, owners=", ".join(grouping.owners), values=values, complete=COMPLETE))
