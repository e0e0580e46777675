"""Addresses of pictures that stand elsewhere, and what became of them."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    # `host` only spreads what is fetched: what is connected to is found and checked when it is.
    """
    CREATE TABLE media_fetch (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        request_id uuid NOT NULL REFERENCES request ON DELETE CASCADE,
        note_id uuid REFERENCES request_note ON DELETE CASCADE,
        position integer NOT NULL,
        url text NOT NULL,
        host text NOT NULL GENERATED ALWAYS AS (
            coalesce(lower(substring(url FROM '^https?://(?:[^/?#]*@)?(\\[[^]]*\\]|[^/?#:]*)')), '')) STORED,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'fetched', 'given_up')),
        reason text,
        attempts integer NOT NULL DEFAULT 0,
        due_at timestamptz DEFAULT now(),
        CHECK ((due_at IS NOT NULL) = (state = 'waiting')))
    """,
    "CREATE INDEX media_fetch_due ON media_fetch (due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX media_fetch_of_request ON media_fetch (request_id)",
    "CREATE INDEX media_fetch_of_note ON media_fetch (note_id) WHERE note_id IS NOT NULL",
    """
    INSERT INTO media_fetch (request_id, position, url)
    SELECT p.request_id, u.position, u.url
    FROM request_particulars p, unnest(p.media_urls) WITH ORDINALITY AS u (url, position)
    """,
    """
    INSERT INTO media_fetch (request_id, note_id, position, url)
    SELECT n.request_id, n.id, u.position, u.url
    FROM request_note n, unnest(n.media_urls) WITH ORDINALITY AS u (url, position)
    """,
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
