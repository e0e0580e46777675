"""Proposals: their versions, supports, comments, suggested changes, offers to merge, milestones, and the rules."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = "'draft', 'published', 'qualified', 'decided', 'delivered', 'merged', 'withdrawn', 'erased'"

# What an erased author leaves is a shell: nothing that they said, and nobody's name.
PROPOSAL = f"""
CREATE TABLE proposal (
    id uuid PRIMARY KEY,
    jurisdiction_id text NOT NULL,
    service_id text NOT NULL,
    district_id text,
    contributor text,
    state text NOT NULL CHECK (state IN ({STATES})),
    version integer NOT NULL,
    title text,
    title_masked text,
    text text,
    text_masked text,
    language text,
    address text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    attachments text[] NOT NULL,
    channel text,
    campaign text,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    amended_at timestamptz,
    supports_needed integer,
    days_to_decide integer,
    supports integer NOT NULL CHECK (supports >= 0),
    comments integer NOT NULL CHECK (comments >= 0),
    comments_numbered integer NOT NULL CHECK (comments_numbered >= comments),
    qualified_at timestamptz,
    decision_due_at timestamptz,
    decided_at timestamptz,
    decision text CHECK (decision IN ('accepted', 'partly_accepted', 'declined')),
    reasons text,
    decided_by text,
    delivered_at timestamptz,
    merged_into uuid REFERENCES proposal,
    merged_at timestamptz,
    withdrawn_at timestamptz,
    withdrawn_why text,
    withdrawn_why_masked text,
    erased_at timestamptz,
    hidden_at timestamptz,
    search tsvector,
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state = 'erased') = (contributor IS NULL)),
    CHECK (state = 'erased' OR (title IS NOT NULL AND text IS NOT NULL)),
    CHECK ((published_at IS NULL) = (supports_needed IS NULL) AND (published_at IS NULL) = (days_to_decide IS NULL)),
    CHECK ((qualified_at IS NULL) = (decision_due_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decision IS NULL) AND (decided_at IS NULL) = (reasons IS NULL)),
    CHECK ((merged_at IS NULL) = (merged_into IS NULL) AND merged_into <> id)
)
"""

STATEMENTS = (
    PROPOSAL,
    "CREATE INDEX proposal_newest ON proposal (published_at, id) WHERE state <> 'draft'",
    "CREATE INDEX proposal_newest_of_jurisdiction ON proposal (jurisdiction_id, published_at, id)",
    "CREATE INDEX proposal_newest_of_service ON proposal (service_id, published_at, id)",
    "CREATE INDEX proposal_newest_of_district ON proposal (district_id, published_at, id)",
    "CREATE INDEX proposal_supported_of_jurisdiction ON proposal (jurisdiction_id, supports, id)",
    "CREATE INDEX proposal_supported_of_service ON proposal (service_id, supports, id)",
    "CREATE INDEX proposal_due ON proposal (decision_due_at, id) WHERE state = 'qualified'",
    "CREATE INDEX proposal_of_contributor ON proposal (contributor, id)",
    "CREATE INDEX proposal_merged ON proposal (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX proposal_search ON proposal USING gin (search)",
    """
    CREATE TABLE proposal_version (
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        number integer NOT NULL,
        at timestamptz NOT NULL,
        title text,
        title_masked text,
        text text,
        text_masked text,
        why text,
        why_masked text,
        amendment_id uuid,
        PRIMARY KEY (proposal_id, number))
    """,
    # Given to one proposal, a support lies with another once they were merged. Of two that one contributor gave to
    # both, one is counted; both are kept, since each was an input. `version` is null for what came by merging.
    """
    CREATE TABLE support (
        given_to uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        contributor text NOT NULL,
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        counted boolean NOT NULL,
        version integer,
        given_at timestamptz NOT NULL,
        district_id text,
        channel text,
        campaign text,
        PRIMARY KEY (given_to, contributor))
    """,
    "CREATE UNIQUE INDEX support_counted ON support (proposal_id, contributor) WHERE counted",
    "CREATE INDEX support_of_proposal ON support (proposal_id, contributor)",
    "CREATE INDEX support_of_contributor ON support (contributor, given_to)",
    # `path` holds the numbers of the comments that lead to one, and its own: in its order a thread is read.
    """
    CREATE TABLE comment (
        id uuid PRIMARY KEY,
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        contributor text,
        answers_id uuid REFERENCES comment ON DELETE CASCADE,
        path integer[] NOT NULL,
        text text,
        text_masked text,
        given_at timestamptz NOT NULL,
        channel text,
        campaign text,
        withdrawn_at timestamptz,
        erased_at timestamptz,
        hidden_at timestamptz,
        CHECK ((contributor IS NULL) = (erased_at IS NOT NULL)))
    """,
    "CREATE UNIQUE INDEX comment_of_proposal ON comment (proposal_id, path)",
    "CREATE INDEX comment_by_time ON comment (proposal_id, id)",
    "CREATE INDEX comment_answers ON comment (answers_id) WHERE answers_id IS NOT NULL",
    "CREATE INDEX comment_of_contributor ON comment (contributor, id)",
    # A suggested change is a comment that says why, with the wording that it wishes for.
    """
    CREATE TABLE proposal_amendment (
        id uuid PRIMARY KEY REFERENCES comment ON DELETE CASCADE,
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        base_version integer NOT NULL,
        title text,
        title_masked text,
        text text,
        text_masked text,
        state text NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'withdrawn')),
        answered_at timestamptz,
        reply text,
        reply_masked text,
        version integer)
    """,
    "CREATE INDEX proposal_amendment_of_proposal ON proposal_amendment (proposal_id, id)",
    """
    CREATE TABLE proposal_merge_offer (
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        into_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        offered_at timestamptz NOT NULL,
        PRIMARY KEY (proposal_id, into_id))
    """,
    "CREATE INDEX proposal_merge_offer_to ON proposal_merge_offer (into_id)",
    """
    CREATE TABLE proposal_milestone (
        id uuid PRIMARY KEY,
        proposal_id uuid NOT NULL REFERENCES proposal ON DELETE CASCADE,
        title text NOT NULL,
        planned_at timestamptz NOT NULL,
        reached_at timestamptz,
        note text)
    """,
    "CREATE INDEX proposal_milestone_of_proposal ON proposal_milestone (proposal_id, planned_at, id)",
    """
    CREATE TABLE proposal_rule (
        kind text NOT NULL CHECK (kind IN ('service', 'jurisdiction')),
        id text NOT NULL,
        supports_needed integer NOT NULL CHECK (supports_needed >= 0),
        days_to_decide integer NOT NULL CHECK (days_to_decide > 0),
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL,
        PRIMARY KEY (kind, id))
    """,
)


def upgrade() -> None:
    """Apply the statements."""
    for statement in STATEMENTS:
        op.execute(statement)
