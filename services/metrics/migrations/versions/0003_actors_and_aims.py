"""More of the catalogue's copy: organisations, partnerships, objectives, capacity reports, regions, and of services who
stands behind them. Every service is scored anew, by the new scorecard."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE service ADD COLUMN owner_id text, ADD COLUMN collaborator_ids jsonb NOT NULL DEFAULT '[]', "
    "ADD COLUMN technology_ids jsonb NOT NULL DEFAULT '[]', ADD COLUMN targets jsonb NOT NULL DEFAULT '[]'",
    "CREATE INDEX service_organisation ON service (organisation_id)",
    "CREATE INDEX service_collaborator ON service USING gin (collaborator_ids)",
    """
    CREATE TABLE organisation (
        id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
        changed_at timestamptz NOT NULL, helix text, parent_id text)
    """,
    "CREATE INDEX organisation_jurisdiction ON organisation (jurisdiction_id)",
    """
    CREATE TABLE partnership (
        id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
        changed_at timestamptz NOT NULL, kind text NOT NULL, partners jsonb NOT NULL, service_ids jsonb NOT NULL,
        terms jsonb NOT NULL)
    """,
    "CREATE INDEX partnership_jurisdiction ON partnership (jurisdiction_id)",
    "CREATE INDEX partnership_service ON partnership USING gin (service_ids)",
    "CREATE INDEX partnership_partner ON partnership USING gin (partners jsonb_path_ops)",
    """
    CREATE TABLE objective (
        id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
        changed_at timestamptz NOT NULL, indicator jsonb NOT NULL, baseline jsonb, target jsonb NOT NULL,
        reported jsonb NOT NULL, strategy_id text, owner_id text, organisation_id text, service_ids jsonb NOT NULL,
        made_up jsonb NOT NULL)
    """,
    "CREATE INDEX objective_jurisdiction ON objective (jurisdiction_id, id)",
    "CREATE INDEX objective_service ON objective USING gin (service_ids)",
    """
    CREATE TABLE capacity_report (
        id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
        changed_at timestamptz NOT NULL, organisation_id text NOT NULL, service_id text, period jsonb NOT NULL,
        staff numeric, vacancies numeric, skills jsonb NOT NULL, training_days numeric, budget_planned jsonb,
        budget_spent jsonb, cases_handled bigint, cases_planned bigint, made_up jsonb NOT NULL)
    """,
    "CREATE INDEX capacity_report_service ON capacity_report (service_id)",
    "CREATE INDEX capacity_report_organisation ON capacity_report (organisation_id)",
    """
    CREATE TABLE region (
        id text PRIMARY KEY, name text NOT NULL, version integer NOT NULL, changed_at timestamptz NOT NULL,
        jurisdiction_ids jsonb NOT NULL, parent_id text)
    """,
    # Copies that lack what was not kept before: the compacted topic tells all of it again.
    "UPDATE service SET version = 0",
    "DELETE FROM consumer_offset WHERE topic = 'civicloop.catalog.v1'",
    "DELETE FROM source_position WHERE source LIKE '/civicloop/catalog%'",
    "UPDATE service_activity SET touched = touched + 1",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
