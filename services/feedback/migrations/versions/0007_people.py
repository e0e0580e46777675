"""Erasures under way, the marks that the erased leave, accounts, and the indexes by which a person's input is found."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Whom it is about is forgotten once it is done.
    """
    CREATE TABLE erasure (
        id uuid PRIMARY KEY, givers uuid[] NOT NULL, pseudonyms text[] NOT NULL, asked_at timestamptz NOT NULL,
        inputs bigint NOT NULL DEFAULT 0, done_at timestamptz)
    """,
    "CREATE INDEX erasure_under_way ON erasure (asked_at) WHERE done_at IS NULL",
    "CREATE TABLE erased (mark text PRIMARY KEY)",
    """
    CREATE TABLE person (
        contributor uuid PRIMARY KEY, issuer text NOT NULL, subject text NOT NULL, email text, language text,
        created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (issuer, subject))
    """,
    """
    CREATE TABLE joined (
        contributor uuid PRIMARY KEY, person uuid NOT NULL REFERENCES person ON DELETE CASCADE,
        joined_at timestamptz NOT NULL DEFAULT now())
    """,
    "CREATE INDEX joined_of_person ON joined (person)",
    "CREATE TABLE erased_account (mark text PRIMARY KEY, at timestamptz NOT NULL)",
    # What was corrected: staff may have acted on what it said before.
    """
    CREATE TABLE request_correction (
        id uuid PRIMARY KEY, request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE, at timestamptz NOT NULL,
        description text, address text, contact jsonb NOT NULL)
    """,
    "CREATE INDEX request_correction_of_request ON request_correction (request_id, at)",
    # The current ones have an index of their own.
    "CREATE INDEX rating_of_contributor ON rating (contributor) WHERE state <> 'current'",
    "CREATE INDEX idempotency_contributor ON idempotency (contributor) WHERE contributor IS NOT NULL",
    "CREATE INDEX idempotency_of_staff ON idempotency (created_at) WHERE contributor IS NULL",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
