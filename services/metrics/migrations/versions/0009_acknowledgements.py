"""Of which raising of an alert somebody on the staff has taken note."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE alert_acknowledgement (
    alert_id text NOT NULL, number integer NOT NULL, note text NOT NULL, acknowledged_by text NOT NULL,
    acknowledged_at timestamptz NOT NULL, PRIMARY KEY (alert_id, number))
"""


def upgrade() -> None:
    op.execute(TABLE)
