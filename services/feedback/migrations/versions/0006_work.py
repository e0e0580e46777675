"""Requests as staff works on them: states, notes, assignment, priority, duplicates, and templates of answers."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE request
        ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN (
            'open', 'acknowledged', 'investigating', 'in_progress', 'action_scheduled', 'internal_referral', 'fixed',
            'closed', 'duplicate', 'no_further_action', 'not_councils_responsibility', 'invalid', 'cancelled')),
        ADD COLUMN progressed_at timestamptz,
        ADD COLUMN duplicate_of uuid CHECK (duplicate_of <> id),
        ADD COLUMN split_from uuid,
        ADD COLUMN assignee text,
        ADD COLUMN organisation_id text,
        ADD COLUMN priority smallint NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 4)
    """,
    """
    UPDATE request SET state = CASE resolution WHEN 'resolved' THEN 'fixed' WHEN 'duplicate' THEN 'duplicate'
        WHEN 'declined' THEN 'no_further_action' WHEN 'invalid' THEN 'invalid' ELSE 'acknowledged' END
    WHERE status = 'closed' OR acknowledged_at IS NOT NULL
    """,
    "CREATE INDEX request_duplicates ON request (duplicate_of) WHERE duplicate_of IS NOT NULL",
    # What is to be done, in the order in which it is: a queue narrows it further.
    """
    CREATE INDEX request_work ON request (jurisdiction_id, priority, (coalesce(due_at, 'infinity')), id)
        WHERE status = 'open'
    """,
    "CREATE INDEX request_assigned ON request (assignee) WHERE assignee IS NOT NULL AND status = 'open'",
    "ALTER TABLE request_answer ADD COLUMN state text",
    "ALTER TABLE request_reopening ADD COLUMN state text",
    "CREATE INDEX request_reopening_at ON request_reopening (reopened_at)",
    """
    CREATE TABLE request_progress (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        at timestamptz NOT NULL,
        state text NOT NULL,
        author text NOT NULL)
    """,
    "CREATE INDEX request_progress_of_request ON request_progress (request_id, at)",
    "CREATE INDEX request_progress_at ON request_progress (at)",
    # By staff (author), or by a citizen (contributor); contact is of one who wrote by way of another platform.
    """
    CREATE TABLE request_note (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        at timestamptz NOT NULL,
        private boolean NOT NULL,
        author text,
        contributor text,
        text text NOT NULL,
        text_masked text,
        state text,
        media_urls text[] NOT NULL DEFAULT '{}',
        contact jsonb NOT NULL DEFAULT '{}',
        channel text,
        campaign text,
        hidden_at timestamptz,
        CHECK ((author IS NULL) <> (contributor IS NULL)),
        CHECK (NOT private OR author IS NOT NULL))
    """,
    "CREATE INDEX request_note_of_request ON request_note (request_id, at)",
    "CREATE INDEX request_note_at ON request_note (at) WHERE NOT private",
    "CREATE INDEX request_note_of_contributor ON request_note (contributor) WHERE contributor IS NOT NULL",
    """
    CREATE TABLE request_assignment (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        at timestamptz NOT NULL,
        author text NOT NULL,
        assignee text,
        organisation_id text,
        priority smallint NOT NULL)
    """,
    "CREATE INDEX request_assignment_of_request ON request_assignment (request_id, at)",
    """
    CREATE TABLE answer_template (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        service_id text,
        name text NOT NULL,
        texts jsonb NOT NULL,
        author text NOT NULL,
        changed_at timestamptz NOT NULL)
    """,
    "CREATE UNIQUE INDEX answer_template_name ON answer_template (jurisdiction_id, (coalesce(service_id, '')), name)",
    # A request goes on in its original, which may itself go on in another one; there are no circles.
    """
    CREATE FUNCTION original_of(start uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
        WITH RECURSIVE chain AS (
            SELECT id, duplicate_of, 1 AS step FROM request WHERE id = start
            UNION ALL SELECT r.id, r.duplicate_of, step + 1 FROM chain JOIN request r ON r.id = chain.duplicate_of)
        SELECT id FROM chain ORDER BY step DESC LIMIT 1
    $$
    """,
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
