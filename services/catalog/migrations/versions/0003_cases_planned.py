"""Capacity reports tell how many cases were planned; those that there are do not."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each the field that all documents of the kind have."""
    op.execute(
        """
        UPDATE entity SET body = (body::jsonb || '{"cases_planned": null}')::json
        WHERE kind = 'capacity-report' AND NOT body::jsonb ? 'cases_planned'
        """
    )
