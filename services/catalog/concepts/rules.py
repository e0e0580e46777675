"""What is named as a technology is one."""

from collections.abc import Sequence
from typing import Any

from services.catalog.concepts.domain import Scheme
from services.catalog.entities.domain import Entity, Refusal
from services.catalog.entities.kinds import Surroundings


async def technologies_are_technologies(others: Surroundings, entities: Sequence[Entity[Any]]) -> Sequence[Entity[Any]]:
    """Refuses a technology that is a term of another vocabulary. One that is not there is refused elsewhere."""
    named = {concept for entity in entities for concept in entity.fields.technology_ids}
    concepts = await others.get(named) if named else {}
    for entity in entities:
        for concept_id in entity.fields.technology_ids:
            scheme = getattr(concepts[concept_id].fields, "scheme", None) if concept_id in concepts else None
            if scheme not in (None, Scheme.TECHNOLOGY):
                detail = f"{concept_id!r} of {entity.id!r} is a term of {scheme}"
                raise Refusal("no-technology", "This is no technology", detail, entity.id)
    return entities
