"""Terms that services are described with."""

from shared.contracts.catalog.common import EntityId, State


class ConceptChanged(State, frozen=True, kw_only=True):
    """A term (skos:Concept): of one jurisdiction, or of all where none is named."""

    scheme: str
    jurisdiction_id: EntityId | None = None
    broader_id: EntityId | None = None
