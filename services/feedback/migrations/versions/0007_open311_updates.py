"""Updates that Open311 clients sent: each is taken once, whenever it comes again."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE open311_update (
    key_id text NOT NULL,
    update_id text NOT NULL,
    digest bytea NOT NULL,
    told_as uuid NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, update_id))
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(TABLE)
