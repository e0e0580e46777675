"""What of its jurisdiction had been counted when a service was looked at: the priors of its score."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE alert_watch ADD COLUMN jurisdiction_touched bigint NOT NULL DEFAULT -1")
