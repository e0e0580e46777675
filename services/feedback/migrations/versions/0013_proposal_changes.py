"""Proposals by what happened last: what their feed asks for."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LAST_STEP = "greatest(published_at, amended_at, qualified_at, decided_at, delivered_at)"


def upgrade() -> None:
    """Create the index."""
    op.execute(f"CREATE INDEX proposal_changed_of_jurisdiction ON proposal (jurisdiction_id, ({LAST_STEP}), id)")
