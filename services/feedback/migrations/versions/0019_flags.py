"""How many flags one stands for."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each stands for itself so far."""
    op.execute("ALTER TABLE moderation_flag ADD COLUMN times integer NOT NULL DEFAULT 1")
