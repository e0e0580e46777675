"""Updates that Open311 clients sent: each is taken once, whenever it comes again."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE open311_update (
        key_id text NOT NULL,
        update_id text NOT NULL,
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        digest bytea NOT NULL,
        told_as uuid NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key_id, update_id))
    """,
    "CREATE INDEX open311_update_of_request ON open311_update (request_id)",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
