"""The kinds of entities that the catalogue keeps, in an order in which hardly any names what comes later."""

from typing import Any

from services.catalog.assessments.domain import Assessment
from services.catalog.assessments.rules import give_maturity
from services.catalog.capacity.domain import CapacityReport
from services.catalog.capacity.rules import no_overlaps
from services.catalog.cases.domain import Case
from services.catalog.commitments.domain import Commitment
from services.catalog.concepts.domain import Concept
from services.catalog.concepts.rules import technologies_are_technologies
from services.catalog.decisions.domain import Decision
from services.catalog.districts.domain import District
from services.catalog.districts.rules import city_covers_districts, within_their_cities
from services.catalog.entities.kinds import Kind
from services.catalog.jurisdictions.domain import Jurisdiction
from services.catalog.objectives.domain import Objective
from services.catalog.organisations.domain import Organisation
from services.catalog.partnerships.domain import Partnership
from services.catalog.people.domain import Person
from services.catalog.principles.domain import PrincipleSet
from services.catalog.regions.domain import Region
from services.catalog.services.domain import Service
from services.catalog.strategies.domain import Strategy

JURISDICTION = Kind("jurisdiction", "jurisdictions", Jurisdiction, rules=(city_covers_districts,))
CONCEPT = Kind("concept", "concepts", Concept, acyclic=("broader_id",))
PRINCIPLE_SET = Kind("principle-set", "principle-sets", PrincipleSet)
REGION = Kind("region", "regions", Region, acyclic=("parent_id",))
DISTRICT = Kind("district", "districts", District, rules=(within_their_cities,))
ORGANISATION = Kind("organisation", "organisations", Organisation, acyclic=("parent_id",))
PERSON = Kind("person", "people", Person, names_people=True)
SERVICE = Kind("service", "services", Service, acyclic=("requires_ids",), rules=(technologies_are_technologies,))
PARTNERSHIP = Kind("partnership", "partnerships", Partnership)
STRATEGY = Kind("strategy", "strategies", Strategy, acyclic=("parent_id",))
OBJECTIVE = Kind("objective", "objectives", Objective)
COMMITMENT = Kind("commitment", "commitments", Commitment)
DECISION = Kind("decision", "decisions", Decision)
CAPACITY_REPORT = Kind("capacity-report", "capacity-reports", CapacityReport, rules=(no_overlaps,))
ASSESSMENT = Kind("assessment", "assessments", Assessment, rules=(give_maturity,))
CASE = Kind("case", "cases", Case, rules=(technologies_are_technologies,))

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        JURISDICTION, CONCEPT, PRINCIPLE_SET, REGION, DISTRICT, ORGANISATION, PERSON, SERVICE, PARTNERSHIP, STRATEGY,
        OBJECTIVE, COMMITMENT, DECISION, CAPACITY_REPORT, ASSESSMENT, CASE,
    )
}  # fmt: skip
"""By name."""

BY_PLURAL: dict[str, Kind[Any]] = {kind.plural: kind for kind in KINDS.values()}
