"""Target times by district and priority, in the read copy of services."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is filled when a service's state next arrives."""
    op.execute("ALTER TABLE service ADD COLUMN targets jsonb NOT NULL DEFAULT '[]'")
