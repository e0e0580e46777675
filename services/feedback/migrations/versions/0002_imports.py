"""Imports, the rows that they refused, and the mappings that they use."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE mapping (
        name text PRIMARY KEY,
        text text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    # An import that is not ended was interrupted, or is under way.
    """
    CREATE TABLE import (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        source text NOT NULL,
        mapping text NOT NULL,
        shift_weeks integer NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        report jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE import_refusal (
        import_id uuid NOT NULL,
        line bigint NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (import_id, line)
    )
    """,
)


def upgrade() -> None:
    """Create the tables of imports."""
    for statement in STATEMENTS:
        op.execute(statement)
