"""Consultations with their answers, and participatory budgets with their votes."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE consultation (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        service_id text NOT NULL,
        title jsonb NOT NULL,
        text jsonb NOT NULL,
        questions jsonb NOT NULL,
        opens_at timestamptz,
        closes_at timestamptz NOT NULL,
        live_results boolean NOT NULL,
        author text NOT NULL,
        changed_at timestamptz NOT NULL,
        version integer NOT NULL,
        published_at timestamptz,
        counted_at timestamptz,
        answers integer,
        CHECK (published_at IS NULL OR opens_at < closes_at),
        CHECK (counted_at IS NULL OR counted_at >= closes_at))
    """,
    "CREATE INDEX consultation_of_jurisdiction ON consultation (jurisdiction_id, id)",
    "CREATE INDEX consultation_of_service ON consultation (service_id, id)",
    """
    CREATE INDEX consultation_to_close ON consultation (closes_at)
        WHERE published_at IS NOT NULL AND counted_at IS NULL
    """,
    """
    CREATE TABLE consultation_version (
        consultation_id uuid NOT NULL REFERENCES consultation ON DELETE CASCADE,
        version integer NOT NULL,
        title jsonb NOT NULL,
        text jsonb NOT NULL,
        questions jsonb NOT NULL,
        reason text,
        author text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (consultation_id, version))
    """,
    """
    CREATE TABLE consultation_answer (
        id uuid PRIMARY KEY,
        consultation_id uuid NOT NULL REFERENCES consultation,
        contributor text NOT NULL,
        given_at timestamptz NOT NULL,
        version integer NOT NULL,
        choices jsonb NOT NULL,
        district_id text,
        channel text,
        campaign text,
        UNIQUE (consultation_id, contributor))
    """,
    "CREATE INDEX consultation_answer_of_contributor ON consultation_answer (contributor, id)",
    # Its id is random and its question is named here as well, so that it is read without the answer it belongs to.
    """
    CREATE TABLE consultation_text (
        id uuid PRIMARY KEY,
        answer_id uuid NOT NULL REFERENCES consultation_answer ON DELETE CASCADE,
        consultation_id uuid NOT NULL,
        code text NOT NULL,
        text text NOT NULL,
        text_masked text,
        hidden_at timestamptz,
        UNIQUE (answer_id, code))
    """,
    "CREATE INDEX consultation_text_of_consultation ON consultation_text (consultation_id, id)",
    """
    CREATE TABLE budget (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        service_id text NOT NULL,
        title jsonb NOT NULL,
        text jsonb NOT NULL,
        projects jsonb NOT NULL,
        outcome jsonb,
        amount bigint NOT NULL CHECK (amount > 0),
        currency text NOT NULL,
        voting text NOT NULL CHECK (voting IN ('knapsack', 'approval', 'cumulative')),
        counting text NOT NULL CHECK (counting IN ('greedy', 'equal_shares')),
        most integer,
        opens_at timestamptz,
        closes_at timestamptz NOT NULL,
        author text NOT NULL,
        changed_at timestamptz NOT NULL,
        published_at timestamptz,
        decided_at timestamptz,
        votes integer,
        erased integer NOT NULL,
        CHECK ((most IS NULL) = (voting = 'knapsack')),
        CHECK (published_at IS NULL OR opens_at < closes_at),
        CHECK (decided_at IS NULL OR decided_at >= closes_at),
        CHECK ((decided_at IS NULL) = (outcome IS NULL) AND (decided_at IS NULL) = (votes IS NULL)))
    """,
    "CREATE INDEX budget_of_jurisdiction ON budget (jurisdiction_id, id)",
    "CREATE INDEX budget_of_service ON budget (service_id, id)",
    """
    CREATE TABLE budget_vote (
        id uuid PRIMARY KEY,
        budget_id uuid NOT NULL REFERENCES budget,
        contributor text NOT NULL,
        given_at timestamptz NOT NULL,
        choices jsonb NOT NULL,
        district_id text,
        channel text,
        campaign text,
        UNIQUE (budget_id, contributor))
    """,
    "CREATE INDEX budget_vote_of_contributor ON budget_vote (contributor, id)",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
