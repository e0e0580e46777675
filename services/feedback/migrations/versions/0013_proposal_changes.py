"""Proposals by what happened last, as their feed asks for them, and by supports and by rare states."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LAST_STEP = "greatest(published_at, amended_at, qualified_at, decided_at, delivered_at)"


STATEMENTS = (
    f"CREATE INDEX proposal_changed_of_jurisdiction ON proposal (jurisdiction_id, ({LAST_STEP}), id)",
    "CREATE INDEX proposal_supported ON proposal (supports, id)",
    "CREATE INDEX proposal_ended ON proposal (state, published_at, id) "
    "WHERE state IN ('decided', 'delivered', 'merged', 'withdrawn')",
)


def upgrade() -> None:
    """Create the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)
