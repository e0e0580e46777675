"""Calls for contributions, contributions, and peers' confirmations of them."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FORM = "text CHECK (form IN ('hours', 'data', 'skills', 'goods', 'money'))"

STATEMENTS = (
    f"""
    CREATE TABLE contribution_call (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        service_id text NOT NULL,
        district_id text,
        title text NOT NULL,
        text text,
        form {FORM},
        amount bigint CHECK (amount > 0),
        currency text,
        place text,
        opened_at timestamptz NOT NULL,
        closes_at timestamptz,
        closed_at timestamptz CHECK (closed_at >= opened_at),
        CHECK (amount IS NULL OR form IS NOT NULL)
    )
    """,
    "CREATE INDEX contribution_call_of_jurisdiction ON contribution_call (jurisdiction_id, id)",
    "CREATE INDEX contribution_call_of_service ON contribution_call (service_id, id)",
    "CREATE INDEX contribution_call_to_close ON contribution_call (closes_at) WHERE closed_at IS NULL",
    # No foreign key to proposals: what was pledged to one stays when it is erased.
    f"""
    CREATE TABLE contribution (
        id uuid PRIMARY KEY,
        jurisdiction_id text NOT NULL,
        service_id text NOT NULL,
        district_id text,
        contributor text NOT NULL,
        call_id uuid REFERENCES contribution_call,
        proposal_id uuid,
        form {FORM} NOT NULL,
        state text NOT NULL CHECK (state IN ('pledged', 'made', 'verified', 'refused', 'withdrawn')),
        channel text,
        campaign text,
        amount bigint CHECK (amount > 0),
        currency text,
        description text,
        description_masked text,
        data_title text,
        data_title_masked text,
        data_licence text,
        data_address text,
        given_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        made_at timestamptz,
        made_amount bigint CHECK (made_amount > 0),
        evidence text,
        evidence_masked text,
        evidence_address text,
        verified_at timestamptz,
        verified_amount bigint CHECK (verified_amount > 0),
        verified_by text CHECK (verified_by IN ('staff', 'peers')),
        refused_at timestamptz,
        refusal text,
        withdrawn_at timestamptz,
        hidden_at timestamptz,
        CHECK (verified_amount <= made_amount),
        CHECK ((form = 'money') = (currency IS NOT NULL)),
        CHECK ((state = 'verified') = (verified_at IS NOT NULL)),
        CHECK ((verified_at IS NULL) = (verified_by IS NULL)),
        CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
    )
    """,
    "CREATE INDEX contribution_of_service ON contribution (service_id, id)",
    "CREATE INDEX contribution_of_jurisdiction ON contribution (jurisdiction_id, id)",
    "CREATE INDEX contribution_of_call ON contribution (call_id, id) WHERE call_id IS NOT NULL",
    "CREATE INDEX contribution_of_proposal ON contribution (proposal_id, id) WHERE proposal_id IS NOT NULL",
    "CREATE INDEX contribution_of_contributor ON contribution (contributor, id)",
    "CREATE INDEX contribution_due ON contribution (due_at) WHERE state = 'pledged'",
    # Whose it is goes when a peer has all of theirs erased; the confirmation goes on counting.
    """
    CREATE TABLE contribution_confirmation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        contribution_id uuid NOT NULL REFERENCES contribution ON DELETE CASCADE,
        contributor text,
        confirmed_at timestamptz NOT NULL,
        UNIQUE (contribution_id, contributor)
    )
    """,
    "CREATE INDEX contribution_confirmation_of_peer ON contribution_confirmation (contributor)",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
