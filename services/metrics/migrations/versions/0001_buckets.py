"""Buckets, sketches, scores and the read copies of the catalogue."""

from alembic import op

from services.metrics.buckets.measures import Measure
from services.metrics.buckets.tables import create_buckets
from shared.auth import create_api_keys
from shared.inbox.tables import create_inbox
from shared.outbox.tables import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE measure (code smallint PRIMARY KEY, name text NOT NULL UNIQUE);

CREATE TABLE contributor_sketch (
    service_id text, district_id text, month date, sketch bytea NOT NULL, stale boolean NOT NULL DEFAULT false,
    PRIMARY KEY (service_id, district_id, month));
-- Hashes do not compress: trying costs time and gains nothing.
ALTER TABLE contributor_sketch ALTER COLUMN sketch SET STORAGE EXTERNAL;
CREATE INDEX contributor_sketch_stale ON contributor_sketch (service_id) WHERE stale;

CREATE TABLE service_activity (
    service_id text PRIMARY KEY, jurisdiction_id text NOT NULL,
    touched bigint NOT NULL DEFAULT 0, scored bigint NOT NULL DEFAULT 0,
    scored_with bigint NOT NULL DEFAULT 0, scored_at timestamptz NOT NULL DEFAULT '-infinity');

CREATE TABLE jurisdiction_activity (
    jurisdiction_id text PRIMARY KEY, touched bigint NOT NULL, touched_at timestamptz NOT NULL);

CREATE TABLE score (
    service_id text PRIMARY KEY, jurisdiction_id text NOT NULL, body jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE jurisdiction (
    id text PRIMARY KEY, name text NOT NULL, time_zone text NOT NULL, version integer NOT NULL,
    changed_at timestamptz NOT NULL, population bigint);

CREATE TABLE district (
    id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
    changed_at timestamptz NOT NULL, population bigint);
CREATE INDEX district_jurisdiction ON district (jurisdiction_id);

CREATE TABLE service (
    id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, status text NOT NULL,
    version integer NOT NULL, changed_at timestamptz NOT NULL, description text NOT NULL, organisation_id text,
    focal_area text, resolution_target bigint, first_answer_target bigint, target_source text);
CREATE INDEX service_jurisdiction ON service (jurisdiction_id)
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    names = ", ".join(f"({measure.value}, '{measure.label}')" for measure in Measure)
    op.execute(f"INSERT INTO measure VALUES {names}")
    create_buckets(op)
    create_outbox(op)
    create_inbox(op)
    create_api_keys(op)
