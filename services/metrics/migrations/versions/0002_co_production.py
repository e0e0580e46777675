"""Measures of proposals, contributions and aspects of ratings; every service is scored anew, by the new scorecard."""

from alembic import op

from services.metrics.buckets.measures import Measure
from services.metrics.buckets.tables import renew_buckets

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    names = ", ".join(f"({measure.value}, '{measure.label}')" for measure in Measure)
    op.execute(f"INSERT INTO measure VALUES {names} ON CONFLICT DO NOTHING")
    renew_buckets(op)
    op.execute("UPDATE service_activity SET touched = touched + 1")
