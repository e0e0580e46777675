"""What Open311 clients are told and tell: more of the catalogue's copy, particulars of requests, and their indexes."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE service ADD COLUMN keywords jsonb NOT NULL DEFAULT '[]', ADD COLUMN language text, "
    "ADD COLUMN translations jsonb NOT NULL DEFAULT '{}', ADD COLUMN open311 jsonb",
    "ALTER TABLE jurisdiction ADD COLUMN geometry jsonb",
    "ALTER TABLE district ADD COLUMN geometry jsonb",
    """
    CREATE TABLE organisation (
        id text PRIMARY KEY, jurisdiction_id text NOT NULL, name text NOT NULL, version integer NOT NULL,
        changed_at timestamptz NOT NULL)
    """,
    # Copies that lack what was not kept before: the compacted topic tells all of it again.
    "UPDATE service SET version = 0",
    "UPDATE jurisdiction SET version = 0",
    "UPDATE district SET version = 0",
    "DELETE FROM consumer_offset WHERE topic = 'civicloop.catalog.v1'",
    "DELETE FROM source_position WHERE source LIKE '/civicloop/catalog%'",
    # Apart from the request: few have them, and who gave it need not be read with it.
    """
    CREATE TABLE request_particulars (
        request_id uuid PRIMARY KEY REFERENCES request ON DELETE CASCADE, attributes jsonb NOT NULL,
        address_id text, zipcode text, media_url text, contact jsonb NOT NULL)
    """,
    "CREATE INDEX request_opened ON request (jurisdiction_id, opened_at DESC, id DESC)",
    "CREATE INDEX request_opened_of_service ON request (service_id, opened_at DESC, id DESC)",
    "CREATE INDEX request_answer_at ON request_answer (at)",
    "CREATE INDEX request_updated ON request (jurisdiction_id, updated_at)",
    "CREATE INDEX request_place ON request USING gist (point(longitude, latitude)) WHERE latitude IS NOT NULL",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
