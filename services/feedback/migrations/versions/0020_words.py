"""The words of requests, which clients look for."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Scripts that put no spaces between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese), and Korean, whose words take
# endings: each character is a word. Punctuation that the parser would take for a part of a path, a host, an address, a
# number or a tag parts words.
PARTED = r"""
translate(regexp_replace($1, '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff'
    || '\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g'),
    './@:-+_<>&', '          ')
"""
STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    f"""
    CREATE FUNCTION words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('simple', {PARTED})
    $$
    """,
    f"""
    CREATE FUNCTION words_asked(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT websearch_to_tsquery('simple', {PARTED})
    $$
    """,
    """
    CREATE FUNCTION week_of(at timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ((at AT TIME ZONE 'UTC')::date - date '2000-01-01') / 7
    $$
    """,
    # By weeks, so that a word that many use is found in the newest without a list of all. What is written goes to the
    # pending list, which the worker empties: whoever reports something waits for no more than that.
    """
    CREATE INDEX request_words ON request
    USING gin (week_of(opened_at), words_of(coalesce(description_masked, description)))
    WITH (gin_pending_list_limit = 16384)
    """,
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
