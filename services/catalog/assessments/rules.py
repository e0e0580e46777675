"""The maturity of an assessment is what its set of principles says, not what somebody claims."""

from collections.abc import Sequence
from dataclasses import replace

from services.catalog.assessments.domain import Assessment, with_maturity
from services.catalog.entities.domain import Entity, Refusal
from services.catalog.entities.kinds import Surroundings
from services.catalog.principles.domain import PrincipleSet

Assessments = Sequence[Entity[Assessment]]


async def give_maturity(others: Surroundings, assessments: Assessments) -> Assessments:
    """Assessments with the maturity that follows from their findings. A set that is not there is refused elsewhere."""
    sets = await others.get({assessment.fields.principle_set_id for assessment in assessments})
    return [_given(each, sets[each.fields.principle_set_id].fields) if each.fields.principle_set_id in sets else each
            for each in assessments]  # fmt: skip


def _given(assessment: Entity[Assessment], principles: object) -> Entity[Assessment]:
    if not isinstance(principles, PrincipleSet):
        return assessment
    try:
        return replace(assessment, fields=with_maturity(assessment.fields, principles))
    except Refusal as refusal:
        refusal.about = assessment.id
        raise
