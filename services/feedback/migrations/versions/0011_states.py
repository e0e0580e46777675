"""An index for lists of requests in a state that few are in."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it: of all but the two states that most requests are in."""
    op.execute("CREATE INDEX request_state ON request (state, id) WHERE state NOT IN ('open', 'fixed')")
