"""In which languages a city speaks, and how it shows itself, for its badges and reports."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    """ALTER TABLE jurisdiction ADD COLUMN languages jsonb NOT NULL DEFAULT '["en"]', ADD COLUMN brand jsonb""",
    # Copies that lack what was not kept before: the compacted topic tells all of it again.
    "UPDATE jurisdiction SET version = 0",
    "DELETE FROM consumer_offset WHERE topic = 'civicloop.catalog.v1'",
    "DELETE FROM source_position WHERE source LIKE '/civicloop/catalog%'",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
