"""What the public reads in place of a text, what is hidden, and how that was decided."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE request ADD COLUMN description_masked text, ADD COLUMN hidden_at timestamptz",
    "ALTER TABLE rating ADD COLUMN comment_masked text, ADD COLUMN hidden_at timestamptz",
    "ALTER TABLE request_answer ADD COLUMN text_masked text, ADD COLUMN hidden_at timestamptz",
    # No foreign key: input is of many tables, and what was decided of it stays when its giver takes it back.
    """
    CREATE TABLE moderation_case (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        item_id uuid NOT NULL,
        jurisdiction_id text NOT NULL,
        service_id text NOT NULL,
        contributor text,
        state text NOT NULL CHECK (state IN ('open', 'decided', 'appealed', 'settled')),
        opened_at timestamptz NOT NULL,
        waiting_since timestamptz,
        decision text CHECK (decision IN ('hide', 'keep', 'redact')),
        reason text,
        explanation text,
        decided_at timestamptz,
        appeal text,
        appealed_at timestamptz,
        UNIQUE (kind, item_id),
        CHECK ((state IN ('open', 'appealed')) = (waiting_since IS NOT NULL)),
        CHECK ((decision IS NULL) = (decided_at IS NULL)),
        CHECK (state NOT IN ('appealed', 'settled') OR appealed_at IS NOT NULL)
    )
    """,
    """
    CREATE INDEX moderation_queue ON moderation_case (jurisdiction_id, waiting_since, id)
        WHERE waiting_since IS NOT NULL
    """,
    "CREATE INDEX moderation_done ON moderation_case (jurisdiction_id, id) WHERE waiting_since IS NULL",
    "CREATE INDEX moderation_of_giver ON moderation_case (contributor) WHERE contributor IS NOT NULL",
    # By the public, or automatic; whoever shows who they are flags a thing once for a reason, and so does a rule.
    """
    CREATE TABLE moderation_flag (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES moderation_case ON DELETE CASCADE,
        at timestamptz NOT NULL,
        automatic boolean NOT NULL,
        reason text NOT NULL,
        note text,
        contributor text,
        CHECK (NOT automatic OR contributor IS NULL)
    )
    """,
    "CREATE INDEX moderation_flag_of_case ON moderation_flag (case_id, id)",
    "CREATE UNIQUE INDEX moderation_flag_once ON moderation_flag (case_id, reason) WHERE automatic",
    """
    CREATE UNIQUE INDEX moderation_flag_of_giver ON moderation_flag (contributor, case_id, reason)
        WHERE contributor IS NOT NULL
    """,
    """
    CREATE TABLE moderation_decision (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES moderation_case ON DELETE CASCADE,
        at timestamptz NOT NULL,
        author text NOT NULL,
        decision text NOT NULL,
        reason text NOT NULL,
        explanation text,
        on_appeal boolean NOT NULL
    )
    """,
    "CREATE INDEX moderation_decision_of_case ON moderation_decision (case_id, id)",
    "CREATE TABLE moderation_position (kind text PRIMARY KEY, looked_until timestamptz NOT NULL)",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
