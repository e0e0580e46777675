"""How often an address was asked whether it wants news: of who ends what they never confirmed, too."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A digest of the address, for a day, and no foreign key: the follow and its address may be gone by then.
    "CREATE TABLE follow_asked (follow_id uuid PRIMARY KEY, digest bytea NOT NULL, at timestamptz NOT NULL)",
    "CREATE INDEX follow_asked_address ON follow_asked (digest, at)",
    "CREATE INDEX follow_asked_at ON follow_asked (at)",
    """
    INSERT INTO follow_asked SELECT id, sha256(convert_to(email, 'UTF8')), created_at FROM follow
    WHERE confirmed_at IS NULL
    """,
    "DROP INDEX follow_unconfirmed",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
