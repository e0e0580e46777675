"""The tables of searched texts and of known words, and the SQL that lists and finds entities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg

from services.catalog.entities.domain import Entity
from services.catalog.entities.threads import beside
from services.catalog.search.domain import expression, searched, words
from shared.languages import configuration

FORGET = "DELETE FROM entity_text WHERE id = ANY ($1)"
INDEX = """
INSERT INTO entity_text (id, language, config, document)
VALUES ($1, $2, $3::text::regconfig, setweight(to_tsvector($3::text::regconfig, unaccent($4)), 'A')
        || setweight(to_tsvector($3::text::regconfig, unaccent($5)), 'B')
        || setweight(to_tsvector($3::text::regconfig, unaccent($6)), 'C'))
"""
LEARN_CONFIGURATIONS = """
INSERT INTO search_config SELECT config FROM unnest($1::text[]) AS c (config) ORDER BY 1 ON CONFLICT DO NOTHING
"""
# In one order, so that no two writers wait for each other in a circle.
LEARN_WORDS = """
INSERT INTO search_word
SELECT DISTINCT word FROM unnest($1::text[]) AS t (text),
    unnest(tsvector_to_array(to_tsvector('simple', unaccent(text)))) AS w (word)
WHERE length(word) BETWEEN 3 AND 40 ORDER BY word ON CONFLICT DO NOTHING
"""
CONFIGURATIONS = "SELECT config FROM search_config ORDER BY config"
# A word that no text has is taken for those that are spelt like it (pg_trgm).
SPELL = """
SELECT lower(unaccent(q.word)) AS word,
       ARRAY (SELECT w.word FROM search_word w
              WHERE w.word % lower(unaccent(q.word))
              AND NOT EXISTS (SELECT FROM search_word k WHERE k.word LIKE lower(unaccent(q.word)) || '%')
              ORDER BY similarity(w.word, lower(unaccent(q.word))) DESC, w.word LIMIT 4) AS similar
FROM unnest($1::text[]) WITH ORDINALITY AS q (word, n) ORDER BY n
"""
MOST_HITS = 2_000
"""By language: so many are ranked and counted; whoever gets more has to say more."""


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to. Of values of one facet an entity has one; of several facets, one of each."""

    kind: str | None = None
    jurisdiction_id: str | None = None
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Found(NamedTuple):
    """An entity of a list; `rank` tells how well it matches, 0 where nothing was searched for."""

    id: str
    kind: str
    body: str
    rank: float


class Spelling(NamedTuple):
    """A word as it was written, and the known words that it is taken for; none where it is known itself."""

    word: str
    similar: Sequence[str]


async def index(connection: asyncpg.Connection, entities: Sequence[Entity[Any]]) -> None:
    """Makes the texts of entities findable, as they now are."""
    rows = await beside(lambda: [row for entity in entities for row in _rows(entity)], len(entities))
    await connection.execute(FORGET, [entity.id for entity in entities])
    await connection.executemany(INDEX, rows)
    await connection.execute(LEARN_CONFIGURATIONS, list({row[2] for row in rows}))
    await connection.execute(LEARN_WORDS, ["\n".join(row[3:]) for row in rows])


def _rows(entity: Entity[Any]) -> list[tuple[str, ...]]:
    return [
        (entity.id, text.language, configuration(text.language), text.name, text.keywords, text.description)
        for text in searched(entity)
    ]


async def spell(connection: asyncpg.Connection, query: str) -> list[Spelling]:
    """The words of a query, with what each is taken for."""
    return [Spelling(*row) for row in await connection.fetch(SPELL, words(query))]


async def listed(connection: asyncpg.Connection, wanted: Wanted, *, after: str, limit: int) -> list[Found]:
    """Entities by id, from the one behind `after` on."""
    narrowed = Narrowed(wanted)
    statement = (
        f"SELECT e.id, e.kind, e.body::text, 0::float8 FROM entity e WHERE {narrowed} AND e.id > {narrowed.add(after)} "
        f"ORDER BY e.id LIMIT {narrowed.add(limit)}"
    )
    return [Found(*row) for row in await connection.fetch(statement, *narrowed.values)]


async def found(
    connection: asyncpg.Connection,
    wanted: Wanted,
    spelling: Sequence[Spelling],
    *,
    after: tuple[float, str] | None,
    limit: int,
) -> list[Found]:
    """Entities that have all words, the best match first, from the one behind `after` on."""
    narrowed = Narrowed(wanted)
    hits = await _hits(connection, narrowed, spelling)
    position = "true"
    if after is not None:
        rank, id = narrowed.add(after[0]), narrowed.add(after[1])
        position = f"(h.rank < {rank}::float8 OR (h.rank = {rank}::float8 AND e.id > {id}))"
    statement = (
        f"SELECT e.id, e.kind, e.body::text, h.rank FROM ({hits}) h JOIN entity e USING (id) WHERE {position} "
        f"ORDER BY h.rank DESC, e.id LIMIT {narrowed.add(limit)}"
    )
    return [Found(*row) for row in await connection.fetch(statement, *narrowed.values)]


async def facets(
    connection: asyncpg.Connection, wanted: Wanted, spelling: Sequence[Spelling] | None
) -> dict[str, dict[str, int]]:
    """How many entities have each value of each facet, and how many there are of each kind."""
    narrowed = Narrowed(wanted)
    chosen = f"SELECT e.id FROM entity e WHERE {narrowed}"
    if spelling is not None:
        chosen = f"SELECT id FROM ({await _hits(connection, narrowed, spelling)}) h"
    statement = (
        "SELECT value, count(*) FROM entity e, unnest(e.facets || ('kind:' || e.kind)) AS value "
        f"WHERE e.id IN ({chosen}) GROUP BY value ORDER BY count(*) DESC, value"
    )
    counts: dict[str, dict[str, int]] = {}
    for value, count in await connection.fetch(statement, *narrowed.values):
        name, _, rest = value.partition(":")
        counts.setdefault(name, {})[rest] = count
    return counts


class Narrowed:
    """The condition that narrows a list, and the values that it and the rest of its statement need."""

    def __init__(self, wanted: Wanted) -> None:
        self.values: list[Any] = []
        conditions = [f"e.facets && {self.add([f'{n}:{v}' for v in values])}" for n, values in wanted.facets.items()]
        if wanted.kind is not None:
            conditions.append(f"e.kind = {self.add(wanted.kind)}")
        if wanted.jurisdiction_id is not None:
            conditions.append(f"e.jurisdiction_id = {self.add(wanted.jurisdiction_id)}")
        self._condition = " AND ".join(conditions) or "true"

    def __str__(self) -> str:
        return self._condition

    def add(self, value: Any) -> str:
        """The parameter that stands for a value."""
        self.values.append(value)
        return f"${len(self.values)}"


async def _hits(connection: asyncpg.Connection, narrowed: Narrowed, spelling: Sequence[Spelling]) -> str:
    """A statement that gives id and rank of the entities that have all words, in whichever language.

    Each language reads the words in its own way, so each is a query of its own that the index can answer.
    """
    query = narrowed.add(expression([[word, *similar] for word, similar in spelling]))
    known = [row["config"] for row in await connection.fetch(CONFIGURATIONS)] or ["simple"]
    hits = " UNION ALL ".join(
        f"(SELECT t.id, ts_rank(t.document, to_tsquery('{config}', {query})) AS rank "
        f"FROM entity_text t JOIN entity e USING (id) WHERE t.config = '{config}'::regconfig "
        f"AND t.document @@ to_tsquery('{config}', {query}) AND {narrowed} LIMIT {MOST_HITS})"
        for config in known
    )
    return f"SELECT id, max(round(rank::numeric, 6))::float8 AS rank FROM ({hits}) a GROUP BY id"
