"""Alerts, their history, and which state of each service was looked at last."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A body is text: what is stored is what was published, to the byte.
TABLES = """
CREATE TABLE alert_watch (
    service_id text PRIMARY KEY, touched bigint NOT NULL, day date NOT NULL, looked_at timestamptz NOT NULL);

CREATE TABLE alert_change (
    change bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, alert_id text NOT NULL, number integer NOT NULL,
    open boolean NOT NULL, body text NOT NULL, changed_at timestamptz NOT NULL, UNIQUE (alert_id, number, open));

CREATE TABLE alert (
    id text PRIMARY KEY, rule text NOT NULL, subject_id text NOT NULL, jurisdiction_id text NOT NULL,
    open boolean NOT NULL, number integer NOT NULL, raised_as_of date NOT NULL, body text NOT NULL,
    change bigint NOT NULL UNIQUE, changed_at timestamptz NOT NULL);
CREATE INDEX alert_subject ON alert (subject_id, change);
CREATE INDEX alert_jurisdiction ON alert (jurisdiction_id, change);
CREATE INDEX alert_open ON alert (change) WHERE open
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
