"""Measures that are kept on demand: how late the late ones are."""

from alembic import op

from services.metrics.buckets.measures import ON_DEMAND, Measure
from services.metrics.buckets.tables import renew_buckets

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    names = ", ".join(f"({measure.value}, '{measure.label}')" for measure in Measure)
    op.execute(f"INSERT INTO measure VALUES {names} ON CONFLICT DO NOTHING")
    renew_buckets(op)
    on_demand = ", ".join(f"({measure.value})" for measure in sorted(ON_DEMAND))
    op.execute(f"INSERT INTO measure_on_demand (measure) VALUES {on_demand} ON CONFLICT DO NOTHING")
