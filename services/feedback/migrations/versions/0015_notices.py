"""Who follows what, at which address, and what they are still to be told."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE follow (
        id uuid PRIMARY KEY, subject_kind text NOT NULL, subject_id text NOT NULL, jurisdiction_id text NOT NULL,
        contributor text NOT NULL, email text NOT NULL, language text NOT NULL, every interval NOT NULL,
        created_at timestamptz NOT NULL, confirmed_at timestamptz, asked_at timestamptz,
        told_at timestamptz NOT NULL DEFAULT '-infinity', try_at timestamptz NOT NULL DEFAULT '-infinity',
        failures smallint NOT NULL DEFAULT 0)
    """,
    "CREATE UNIQUE INDEX follow_current ON follow (subject_kind, subject_id, email, contributor)",
    "CREATE INDEX follow_contributor ON follow (contributor)",
    "CREATE INDEX follow_unconfirmed ON follow (email) WHERE confirmed_at IS NULL",
    """
    CREATE TABLE news (
        id uuid PRIMARY KEY, follow_id uuid NOT NULL REFERENCES follow ON DELETE CASCADE, event text NOT NULL,
        about_kind text NOT NULL, about_id text NOT NULL, telling jsonb NOT NULL, at timestamptz NOT NULL,
        told_at timestamptz)
    """,
    "CREATE INDEX news_untold ON news (follow_id, at, id) WHERE told_at IS NULL",
    "CREATE INDEX news_told ON news (told_at) WHERE told_at IS NOT NULL",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
