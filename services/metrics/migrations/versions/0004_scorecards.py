"""Scorecards of the installation's own, and which of them jurisdictions have activated."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The document is text: what is stored comes out as it went in, numbers and order included.
TABLES = """
CREATE TABLE scorecard (
    label text PRIMARY KEY, id text NOT NULL, version integer NOT NULL, document text NOT NULL,
    added_by text NOT NULL, added_at timestamptz NOT NULL DEFAULT now(), UNIQUE (id, version));

CREATE TABLE scorecard_key (
    scope text, key text, request_hash bytea NOT NULL, label text NOT NULL REFERENCES scorecard,
    PRIMARY KEY (scope, key));

CREATE TABLE scorecard_activation (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, jurisdiction_id text NOT NULL, label text NOT NULL,
    reason text NOT NULL, activated_by text NOT NULL, activated_at timestamptz NOT NULL);
CREATE INDEX scorecard_activation_jurisdiction ON scorecard_activation (jurisdiction_id, number)
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
