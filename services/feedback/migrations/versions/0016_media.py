"""Pictures, and what of them is still to be deleted from the storage."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A row says that the storage has both versions. It belongs to nothing until it is attached. `contributor` is the
    # pseudonym of who gave it; before it is attached, one that belongs to no jurisdiction.
    """
    CREATE TABLE media (
        id uuid PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        width integer NOT NULL,
        height integer NOT NULL,
        contributor text,
        author text,
        owner_kind text,
        owner_id uuid,
        position integer NOT NULL DEFAULT 0,
        hidden_at timestamptz,
        CHECK ((owner_kind IS NULL) = (owner_id IS NULL)))
    """,
    "CREATE INDEX media_of_owner ON media (owner_id, position) WHERE owner_id IS NOT NULL",
    "CREATE INDEX media_unattached ON media (created_at) WHERE owner_id IS NULL",
    "CREATE INDEX media_of_contributor ON media (contributor) WHERE contributor IS NOT NULL",
    # Noted here before the storage gets anything, so that what is left of a process that died is found again.
    "CREATE TABLE media_garbage (id uuid PRIMARY KEY, due_at timestamptz NOT NULL)",
    "CREATE INDEX media_garbage_due ON media_garbage (due_at)",
    "ALTER TABLE request_particulars ADD COLUMN media_urls text[] NOT NULL DEFAULT '{}'",
    "UPDATE request_particulars SET media_urls = ARRAY[media_url] WHERE media_url IS NOT NULL",
    "ALTER TABLE request_particulars DROP COLUMN media_url",
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
