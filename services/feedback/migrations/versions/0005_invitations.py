"""What stands behind ratings, campaigns, and invitations to rate."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE request ADD COLUMN campaign text",
    # No foreign key: a rating need not look at requests, and whoever erases a request keeps their ratings.
    "ALTER TABLE rating ADD COLUMN campaign text, ADD COLUMN request_id uuid, ADD COLUMN aspects jsonb",
    "CREATE INDEX rating_of_request ON rating (request_id) WHERE request_id IS NOT NULL",
    """
    CREATE TABLE invitation (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        contributor text NOT NULL,
        made_at timestamptz NOT NULL,
        used_at timestamptz,
        void_at timestamptz,
        CHECK (used_at IS NULL OR void_at IS NULL)
    )
    """,
    "CREATE INDEX invitation_of_request ON invitation (request_id)",
    "CREATE INDEX invitation_of_contributor ON invitation (contributor, id)",
    "CREATE UNIQUE INDEX invitation_open ON invitation (request_id) WHERE used_at IS NULL AND void_at IS NULL",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
