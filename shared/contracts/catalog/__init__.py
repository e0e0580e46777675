"""Events of the catalogue: each state event carries the whole entity as it is now, keyed by its id."""

from shared.contracts.base import Contract
from shared.contracts.catalog.actors import OrganisationChanged, PartnershipChanged, PersonChanged
from shared.contracts.catalog.capacity import CapacityReportChanged
from shared.contracts.catalog.cases import CaseChanged
from shared.contracts.catalog.direction import CommitmentChanged, DecisionChanged, ObjectiveChanged, StrategyChanged
from shared.contracts.catalog.governance import AssessmentChanged, PrincipleSetChanged
from shared.contracts.catalog.places import DistrictChanged, JurisdictionChanged, RegionChanged
from shared.contracts.catalog.services import ServiceAnnounced, ServiceChanged
from shared.contracts.catalog.vocabulary import ConceptChanged

__all__ = [
    "STATES",
    "TOPIC",
    "TYPES",
    "AssessmentChanged",
    "CapacityReportChanged",
    "CaseChanged",
    "CommitmentChanged",
    "ConceptChanged",
    "DecisionChanged",
    "DistrictChanged",
    "JurisdictionChanged",
    "ObjectiveChanged",
    "OrganisationChanged",
    "PartnershipChanged",
    "PersonChanged",
    "PrincipleSetChanged",
    "RegionChanged",
    "ServiceAnnounced",
    "ServiceChanged",
    "StrategyChanged",
]

TOPIC = "civicloop.catalog.v1"

STATES: dict[str, type[Contract]] = {
    "jurisdiction": JurisdictionChanged,
    "concept": ConceptChanged,
    "principle-set": PrincipleSetChanged,
    "region": RegionChanged,
    "district": DistrictChanged,
    "organisation": OrganisationChanged,
    "person": PersonChanged,
    "service": ServiceChanged,
    "partnership": PartnershipChanged,
    "strategy": StrategyChanged,
    "objective": ObjectiveChanged,
    "commitment": CommitmentChanged,
    "decision": DecisionChanged,
    "capacity-report": CapacityReportChanged,
    "assessment": AssessmentChanged,
    "case": CaseChanged,
}
"""The state event of each kind of entity."""

TYPES: dict[str, type[Contract]] = {
    **{f"catalog.{kind}.changed.v1": contract for kind, contract in STATES.items()},
    "catalog.service.announced.v1": ServiceAnnounced,
}
