"""By which channels the inputs of the last ninety days came, counted once a day, and up to where that was."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE channel_use (
    service_id text PRIMARY KEY, told bigint NOT NULL, channel text NOT NULL, of_channel bigint NOT NULL,
    untold bigint NOT NULL);

CREATE TABLE channel_count (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), day date NOT NULL, offsets text NOT NULL,
    counted_at timestamptz NOT NULL)
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
