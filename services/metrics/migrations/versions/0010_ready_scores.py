"""Published scores as they are told, to the byte, with what says whether they may be. Every service is scored anew."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# jsonb keeps no order of names: what it held is published once more, in that of the scorecard.
STATEMENTS = (
    "ALTER TABLE score ADD COLUMN as_of date, ADD COLUMN scorecard text",
    "UPDATE score SET as_of = (body ->> 'as_of')::date, scorecard = body ->> 'scorecard'",
    "ALTER TABLE score ALTER COLUMN as_of SET NOT NULL, ALTER COLUMN scorecard SET NOT NULL, "
    "ALTER COLUMN body TYPE text USING body::text",
    "UPDATE service_activity SET touched = touched + 1",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
