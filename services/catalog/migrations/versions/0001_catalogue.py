"""Jurisdictions, districts, organisations, services and their versions."""

from alembic import op

from shared.auth import create_api_keys
from shared.outbox.tables import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Constraints that a caller can hit keep PostgreSQL's names: `<table>_<column>_fkey` says which reference was wrong.
TABLES = """
CREATE TABLE jurisdiction (
    id text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    population bigint CHECK (population >= 0)
);

CREATE TABLE district (
    id text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    jurisdiction_id text NOT NULL REFERENCES jurisdiction,
    population bigint CHECK (population >= 0)
);
CREATE INDEX ix_district_jurisdiction_id ON district (jurisdiction_id);

CREATE TABLE organisation (
    id text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    jurisdiction_id text NOT NULL REFERENCES jurisdiction,
    helix text CHECK (helix IN ('government', 'industry', 'academia', 'civil-society')),
    CONSTRAINT organisation_in_jurisdiction UNIQUE (id, jurisdiction_id)
);
CREATE INDEX ix_organisation_jurisdiction_id ON organisation (jurisdiction_id);

CREATE TABLE service (
    id text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    jurisdiction_id text NOT NULL REFERENCES jurisdiction,
    status text NOT NULL CHECK (status IN ('draft', 'pilot', 'active', 'suspended', 'retired')),
    description text NOT NULL,
    organisation_id text,
    focal_area text,
    resolution_target bigint CHECK (resolution_target > 0),
    first_answer_target bigint CHECK (first_answer_target > 0),
    target_source text,
    CONSTRAINT service_organisation_id_fkey
        FOREIGN KEY (organisation_id, jurisdiction_id) REFERENCES organisation (id, jurisdiction_id)
);
CREATE INDEX ix_service_jurisdiction_id ON service (jurisdiction_id);

CREATE TABLE entity_version (
    id text NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL,
    entity jsonb NOT NULL,
    PRIMARY KEY (id, version)
);
"""


def upgrade() -> None:
    """Create this service's tables and those of the outbox and API keys."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    create_outbox(op)
    create_api_keys(op)
