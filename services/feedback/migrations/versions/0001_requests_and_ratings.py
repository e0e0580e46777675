"""Requests, ratings, idempotency keys and the read copies of the catalogue."""

from alembic import op

from shared.auth import create_api_keys
from shared.inbox.tables import create_inbox
from shared.outbox.tables import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CATALOGUE_COPIES = """
CREATE TABLE jurisdiction (
    id text PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    population bigint
);
CREATE TABLE district (
    id text PRIMARY KEY,
    jurisdiction_id text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    population bigint
);
CREATE TABLE service (
    id text PRIMARY KEY,
    jurisdiction_id text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    description text NOT NULL,
    organisation_id text,
    focal_area text,
    resolution_target bigint,
    first_answer_target bigint,
    target_source text
);
"""

# No foreign keys to the copies: there is no order between topics, and a copy may be rebuilt at any time.
REQUESTS = """
CREATE TABLE request (
    id uuid PRIMARY KEY,
    jurisdiction_id text NOT NULL,
    service_id text NOT NULL,
    district_id text,
    contributor text NOT NULL,
    channel text,
    opened_at timestamptz NOT NULL,
    due_at timestamptz,
    answer_due_at timestamptz,
    acknowledged_at timestamptz,
    first_answered_at timestamptz,
    closed_at timestamptz,
    resolution text CHECK (resolution IN ('resolved', 'duplicate', 'invalid', 'declined')),
    status text NOT NULL CHECK (status IN ('open', 'closed')),
    description text,
    address text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    source text,
    external_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((closed_at IS NULL) = (resolution IS NULL)),
    CHECK (closed_at >= opened_at)
);
CREATE UNIQUE INDEX request_external ON request (jurisdiction_id, source, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX request_of_service ON request (service_id, id);
CREATE INDEX request_of_jurisdiction ON request (jurisdiction_id, id);
CREATE INDEX request_of_contributor ON request (contributor);

CREATE TABLE request_answer (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
    at timestamptz NOT NULL,
    text text,
    author text
);
CREATE INDEX request_answer_of_request ON request_answer (request_id, at);

CREATE TABLE request_reopening (
    request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
    closed_at timestamptz NOT NULL,
    resolution text NOT NULL,
    reopened_at timestamptz NOT NULL
);
CREATE INDEX request_reopening_of_request ON request_reopening (request_id, reopened_at);
"""

RATINGS = """
CREATE TABLE rating (
    id uuid PRIMARY KEY,
    jurisdiction_id text NOT NULL,
    service_id text NOT NULL,
    district_id text,
    contributor text NOT NULL,
    value smallint NOT NULL CHECK (value BETWEEN 1 AND 5),
    comment text,
    channel text,
    given_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('current', 'replaced', 'withdrawn')),
    withdrawn_at timestamptz,
    replaced_by uuid,
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK ((state = 'replaced') = (replaced_by IS NOT NULL))
);
CREATE UNIQUE INDEX rating_current ON rating (contributor, service_id) WHERE state = 'current';
"""

# The answer is kept without its receipt token; `contributor` is what the token is derived from again.
IDEMPOTENCY = """
CREATE TABLE idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    contributor uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
"""


def upgrade() -> None:
    """Create this service's tables and those of the outbox, the inbox and API keys."""
    for statements in (CATALOGUE_COPIES, REQUESTS, RATINGS, IDEMPOTENCY):
        for statement in statements.split(";\n"):
            if statement.strip():
                op.execute(statement)
    create_outbox(op)
    create_inbox(op)
    create_api_keys(op)
