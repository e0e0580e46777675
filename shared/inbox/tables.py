"""The inbox's tables: how far a consumer has come, what waits for its predecessor, and what could not be used."""

from shared.database import Statements

SCHEMA = """
CREATE TABLE consumer_offset (
    topic text, partition integer, next_offset bigint NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE source_position (source text, part smallint, seq bigint NOT NULL, PRIMARY KEY (source, part));
CREATE TABLE parked_event (
    source text, part smallint, seq bigint, topic text NOT NULL, key bytea, headers jsonb NOT NULL, value bytea,
    parked_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (source, part, seq));
CREATE TABLE dead_letter (
    id uuid PRIMARY KEY, topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL, key bytea,
    headers jsonb NOT NULL, value bytea, reason text NOT NULL, died_at timestamptz NOT NULL DEFAULT now())
"""


def create_inbox(op: Statements) -> None:
    """Creates the inbox in a migration."""
    for statement in SCHEMA.split(";\n"):
        op.execute(statement)
