"""The catalogues that the platform delivers: each entity is one of its kind, and all that it names is there."""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.catalog.assessments.domain import Assessment, with_maturity
from services.catalog.concepts.domain import Concept, Scheme
from services.catalog.entities.references import references
from services.catalog.exchange import catalogue_yaml
from services.catalog.kinds import BY_PLURAL, KINDS
from services.catalog.principles.domain import PrincipleSet

DEPLOY = Path(__file__).parents[2] / "deploy"
COMMON = sorted((DEPLOY / "catalogues").glob("*.yaml"))
CITIES = sorted((DEPLOY / "cities").glob("*/catalogue*.yaml"))
LANGUAGES = {"pt", "es"}


class Shipped(NamedTuple):
    """An entity of a file: its kind, what the file says of it, and its fields once they are checked."""

    kind: str
    said: dict[str, Any]
    fields: Any


def shipped(*files: Path) -> dict[str, Shipped]:
    """The entities of files, by id. Raises ValueError where one cannot be."""
    found: dict[str, Shipped] = {}
    for file in files:
        reading = catalogue_yaml.read(file.read_bytes(), BY_PLURAL)
        assert not reading.refused
        assert reading.reason
        for said in reading.said:
            assert said.id is not None, said.where
            assert said.id not in found, said.where
            kind = KINDS[said.kind]
            found[said.id] = Shipped(said.kind, dict(said.fields), kind.said(kind.input.model_validate(said.fields)))
    return found


@pytest.fixture(scope="module")
def common() -> dict[str, Shipped]:
    return shipped(*COMMON)


@pytest.mark.parametrize("file", CITIES, ids=lambda file: file.parent.name)
def test_what_a_city_names_is_there_and_of_the_kind_that_it_should_be(file: Path) -> None:
    entities = shipped(*COMMON, file)
    for id, entity in entities.items():
        for reference in references(entity.fields):
            assert reference.id in entities, f"{id}: {reference.field} names {reference.id}"
            assert entities[reference.id].kind == reference.kind, f"{id}: {reference.field}"
        for concept in getattr(entity.fields, "technology_ids", ()):
            assert entities[concept].fields.scheme is Scheme.TECHNOLOGY, f"{id}: {concept}"
        if isinstance(entity.fields, Assessment):
            with_maturity(entity.fields, entities[entity.fields.principle_set_id].fields)


@pytest.mark.parametrize("file", [*COMMON, *CITIES], ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_is_made_up_is_a_field_that_has_a_value(file: Path) -> None:
    for id, entity in shipped(file).items():
        for name in entity.fields.made_up:
            assert name in type(entity.fields).model_fields, f"{id}: {name}"
            assert entity.said.get(name), f"{id}: {name}"


def test_common_catalogues_belong_to_no_city_and_name_only_each_other(common: dict[str, Shipped]) -> None:
    for id, entity in common.items():
        assert entity.fields.home is None, id
        assert {reference.id for reference in references(entity.fields)} <= common.keys(), id


def test_terms_are_described_and_have_names_in_other_languages(common: dict[str, Shipped]) -> None:
    concepts = {id: each.fields for id, each in common.items() if isinstance(each.fields, Concept)}
    assert Counter(concept.scheme for concept in concepts.values()).keys() == set(Scheme)
    for id, concept in concepts.items():
        assert id.startswith(f"{concept.scheme}.")
        assert concept.description, id
        assert {tag for tag, translation in concept.translations.items() if translation.name} >= LANGUAGES, id


def test_principle_sets_say_whose_they_are_and_what_is_the_platforms_own(common: dict[str, Shipped]) -> None:
    sets = {id: each.fields for id, each in common.items() if isinstance(each.fields, PrincipleSet)}
    assert sets.keys() >= {
        "principles.coe-12",
        "principles.oecd-open-government",
        "principles.un-habitat-people-centred",
    }
    assert len(sets["principles.coe-12"].principles) == 12
    assert len(sets["principles.oecd-open-government"].principles) == 10
    for id, principles in sets.items():
        assert principles.source is not None, id
        assert "levels" in principles.description, id
        evidence = [level.evidence for level in principles.levels]
        assert evidence == sorted(evidence), id
