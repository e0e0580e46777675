"""One table for entities of all kinds, what they name, and what they are found by."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TABLE entity (
    id text PRIMARY KEY,
    kind text NOT NULL,
    jurisdiction_id text,
    name text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    facets text[] NOT NULL,
    body json NOT NULL,
    UNIQUE (id, kind)
);
CREATE INDEX entity_listed ON entity (kind, id);
CREATE INDEX entity_of_jurisdiction ON entity (jurisdiction_id, kind, id) INCLUDE (version);
CREATE INDEX entity_narrowed ON entity USING gin (facets);

CREATE TABLE entity_reference (
    from_id text NOT NULL REFERENCES entity,
    field text NOT NULL,
    to_id text NOT NULL,
    to_kind text NOT NULL,
    PRIMARY KEY (from_id, field, to_id),
    FOREIGN KEY (to_id, to_kind) REFERENCES entity (id, kind)
);
CREATE INDEX entity_reference_to ON entity_reference (to_id, field);
CREATE INDEX entity_reference_field ON entity_reference (field) INCLUDE (from_id, to_id);

CREATE TABLE entity_text (
    id text NOT NULL REFERENCES entity,
    language text NOT NULL,
    config regconfig NOT NULL,
    document tsvector NOT NULL,
    PRIMARY KEY (id, language)
);
CREATE INDEX entity_text_document ON entity_text USING gin (document);

CREATE TABLE search_word (word text PRIMARY KEY);
CREATE INDEX search_word_similar ON search_word USING gin (word gin_trgm_ops);
CREATE INDEX search_word_begins ON search_word (word text_pattern_ops);

CREATE TABLE search_config (config text PRIMARY KEY);

CREATE TABLE planned_transition (
    id uuid PRIMARY KEY,
    service_id text NOT NULL REFERENCES entity,
    status text NOT NULL,
    reason text NOT NULL,
    planned_by text NOT NULL,
    planned_at timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'done', 'cancelled', 'refused')),
    settled_at timestamptz,
    note text NOT NULL DEFAULT ''
);
CREATE INDEX planned_transition_due ON planned_transition (effective_at) WHERE state = 'planned';
CREATE INDEX planned_transition_service ON planned_transition (service_id, effective_at)
"""
# What the tables of the first version hold goes into the new one; fields that came later have their defaults.
COMMON = """
"description": "", "language": "en", "translations": {}, "keywords": [], "iri": null, "other_statements": null,
"made_up": []
"""
POPULATED = f"""{COMMON}, "populations": {{}}, "population_source": null, "geometry": null"""
DEFAULTS = {
    "jurisdiction": f"""{POPULATED}, "languages": ["en"], "currency": null, "country": null, "homepage": null,
        "brand": null""",
    "district": POPULATED,
    "organisation": f"""{COMMON}, "parent_id": null, "kind": null, "homepage": null, "email": null,
        "telephone": null, "spatial": []""",
    "service": f"""{COMMON}, "owner_id": null, "collaborator_ids": [], "technology_ids": [], "targets": [],
        "open311": null, "identifier": null, "service_languages": [], "thematic_areas": [], "sectors": [],
        "types": [], "audiences": [], "classifications": [], "spatial": [], "processing_time": null,
        "homepage": null, "channels": [], "contact_points": [], "costs": [], "requirements": [], "evidence": [],
        "evidence_types": [], "outputs": [], "rules": [], "legal_resources": [], "occasions": [],
        "requires_ids": [], "related_ids": []""",
}
HOME = {"jurisdiction": "id"}
FACETS = {
    "jurisdiction": r"ARRAY['language\:en']",
    "district": "'{}'",
    "organisation": "array_remove(ARRAY['helix:' || helix], NULL)",
    "service": """array_remove(ARRAY['status:' || status, 'focal_area:' || focal_area,
        'organisation:' || organisation_id], NULL)""",
}
MOVE = """
INSERT INTO entity (id, kind, jurisdiction_id, name, version, changed_at, facets, body)
SELECT id, '{kind}', {home}, name, version, changed_at, {facets}, ('{{{defaults}}}'::jsonb || to_jsonb(t))::json
FROM {kind} t
"""
REFERENCES = """
INSERT INTO entity_reference (from_id, field, to_id, to_kind)
SELECT id, 'jurisdiction_id', jurisdiction_id, 'jurisdiction' FROM entity WHERE kind <> 'jurisdiction'
UNION ALL
SELECT id, 'organisation_id', organisation_id, 'organisation' FROM service WHERE organisation_id IS NOT NULL;

INSERT INTO entity_text (id, language, config, document)
SELECT id, 'en', 'english'::regconfig, setweight(to_tsvector('english', unaccent(name)), 'A')
    || setweight(to_tsvector('english', unaccent(body ->> 'description')), 'C')
FROM entity;

INSERT INTO search_word
SELECT DISTINCT word FROM entity,
    unnest(tsvector_to_array(to_tsvector('simple', unaccent(name || ' ' || (body ->> 'description'))))) AS w (word)
WHERE length(word) BETWEEN 3 AND 40;

INSERT INTO search_config SELECT 'english' WHERE EXISTS (SELECT FROM entity);

DROP TABLE service;

DROP TABLE organisation;

DROP TABLE district;

DROP TABLE jurisdiction;

ALTER TABLE entity_version ALTER COLUMN entity TYPE json USING entity::json
"""


def upgrade() -> None:
    """Make the tables, move the entities, drop what they stood in."""
    _execute(TABLES)
    for kind, defaults in DEFAULTS.items():
        home = HOME.get(kind, "jurisdiction_id")
        op.execute(MOVE.format(kind=kind, home=home, facets=FACETS[kind], defaults=defaults))
    _execute(REFERENCES)


def _execute(statements: str) -> None:
    for statement in statements.split(";\n"):
        op.execute(statement)
