"""Addresses of pictures that came with answers."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE media_fetch ADD COLUMN answer_id uuid REFERENCES request_answer ON DELETE CASCADE",
    "ALTER TABLE media_fetch ADD CHECK (note_id IS NULL OR answer_id IS NULL)",
    "CREATE INDEX media_fetch_of_answer ON media_fetch (answer_id) WHERE answer_id IS NOT NULL",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
