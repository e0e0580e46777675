"""Events are what their schemas say, and are understood by readers that are older or newer than their writer."""

import json
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from services.catalog.kinds import KINDS
from services.catalog.publishes import announced, changed
from shared.contracts import schemas
from shared.contracts.base import UNREADABLE, Contract, is_entity_id
from shared.contracts.catalog import STATES
from shared.contracts.feedback import RatingGiven, RequestOpened
from shared.contracts.registry import TYPE_OF, TYPES, UnknownType, decode, encode, schema_urn
from tests.contracts.generated import entities
from tests.contracts.samples import BARE, ENTITIES, LATER, WHOLE

EVENTS = [pytest.param(event, id=f"{TYPE_OF[type(event)]} {kind}") for kind, events in
          (("whole", WHOLE), ("bare", BARE)) for event in events]  # fmt: skip

T = TypeVar("T")

OPENED = next(event for event in BARE if isinstance(event, RequestOpened))
RATED = next(event for event in WHOLE if isinstance(event, RatingGiven))

MAPS = {
    "dimensions", "translations", "populations", "claim", "logo_text", "title", "description", "opening_hours",
    "datatype_description", "aspects", "evidence", "thresholds",
}  # fmt: skip
"""Members whose names are data: whatever is added there has to be like the rest."""


PATIENT = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
"""Generating is slow where a machine is busy; that says nothing about events."""


def validator(type_name: str) -> Draft202012Validator:
    """By the schema that is committed and served."""
    schema = json.loads(schemas.committed()[type_name].text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def members(event: Contract) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode(event))
    return document


def test_the_samples_are_of_every_type() -> None:
    assert {type(event) for event in WHOLE} == {type(event) for event in BARE} == set(TYPES.values())


def test_committed_schemas_are_what_the_structs_say() -> None:
    assert schemas.check() == []


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_as_its_schema_says(event: Contract) -> None:
    validator(TYPE_OF[type(event)]).validate(members(event))


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_read_as_it_was_written(event: Contract) -> None:
    assert decode(TYPE_OF[type(event)], encode(event)) == event


@pytest.mark.parametrize("event", WHOLE, ids=lambda event: TYPE_OF[type(event)])
def test_readers_ignore_members_of_newer_writers(event: Contract) -> None:
    """At the top and further in, by us and by whoever reads with the schema."""
    document = members(event)
    newer = _with_news(document)
    assert newer != document
    assert decode(TYPE_OF[type(event)], json.dumps(newer).encode()) == event
    validator(TYPE_OF[type(event)]).validate(newer)


def _with_news(value: Any, name: str = "") -> Any:
    if not isinstance(value, dict):
        return value
    grown = {name: _with_news(inner, name) for name, inner in value.items()}
    return grown if name in MAPS else grown | {"news": {"of": [1, None]}}


@pytest.mark.parametrize("event", WHOLE, ids=lambda event: TYPE_OF[type(event)])
def test_what_every_event_must_have_is_missed_by_name(event: Contract) -> None:
    name = TYPE_OF[type(event)]
    schema = json.loads(schemas.committed()[name].text)
    for member in schema["required"]:
        document = members(event)
        del document[member]
        with pytest.raises(msgspec.ValidationError, match=member):
            decode(name, json.dumps(document).encode())
        with pytest.raises(ValidationError, match=member):
            validator(name).validate(document)


def test_nothing_is_written_of_what_is_not_known() -> None:
    """Absent, not null: so that members added later cost nothing."""
    assert "null" not in encode(OPENED).decode()


def test_times_carry_their_offset() -> None:
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        decode("feedback.request.opened.v1", encode(OPENED).replace(b"Z", b""))


@pytest.mark.parametrize("value", [0, 6, "5", 4.5, None])
def test_a_rating_is_a_whole_number_from_1_to_5(value: Any) -> None:
    document = members(RATED) | {"value": value}
    with pytest.raises(msgspec.ValidationError):
        decode("feedback.rating.given.v1", json.dumps(document).encode())
    with pytest.raises(ValidationError):
        validator("feedback.rating.given.v1").validate(document)


@pytest.mark.parametrize("name", ["feedback.rating.given.v2", "feedback.rating.given", "moon.rose.v1"])
def test_a_type_or_version_that_is_not_known_is_named(name: str) -> None:
    with pytest.raises(UnknownType, match=name):
        decode(name, b"{}")


DAMAGED = {
    "no JSON": b"{not json",
    "nothing": b"",
    "no object": b"[]",
    "not UTF-8": b'{"service_id": "\xff"}',
    "half a surrogate": b'{"service_id": "\\ud800"}',
    "a number without end": b'{"value": ' + b"9" * 5_000 + b"}",
    "nested too deep, where nobody looks": b'{"news": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_cannot_be_read_is_refused_in_a_way_that_consumers_expect(damage: str) -> None:
    with pytest.raises(UNREADABLE):
        decode("feedback.rating.given.v1", DAMAGED[damage])


def test_dataschema_leads_to_where_the_schema_is_served() -> None:
    assert schema_urn("feedback.rating.given.v1") == "urn:civicloop:schemas:feedback.rating.given:v1"
    for name, committed in schemas.committed().items():
        assert json.loads(committed.text)["$id"] == schema_urn(name)


@pytest.mark.parametrize("kind", STATES)
@settings(max_examples=40, deadline=None, suppress_health_check=PATIENT)
@given(data=st.data())
def test_a_state_tells_the_whole_entity_and_nothing_that_names_a_person(kind: str, data: st.DataObject) -> None:
    """Whatever it holds, to the last digit and the empty text, in the form that its schema promises."""
    entity = data.draw(entities(kind))
    told = members(decode((event := changed(kind, entity)).type, event.data))
    validator(event.type).validate(told)
    assert not entity.fields.PRIVATE & told.keys()
    private = {name: value for name, value in entity.document().items() if name in entity.fields.PRIVATE}
    assert KINDS[kind].entity(told | private).document() == entity.document()


@pytest.mark.parametrize("kind", STATES)
def test_contracts_have_the_members_that_entities_have(kind: str) -> None:
    """In all their parts, and with the same defaults: what is left out says the same to both."""
    fields = KINDS[kind].fields
    own = {f"{kind}.{name}" for name in fields.PRIVATE}
    assert set(_differences(fields, STATES[kind], kind)) == own | {
        f"{kind}.id",
        f"{kind}.version",
        f"{kind}.changed_at",
    }


def _differences(model: type[BaseModel], contract: type[Contract], path: str) -> Iterator[str]:
    said, told = model.model_fields, {field.name: field for field in msgspec.structs.fields(contract)}
    yield from (f"{path}.{name}" for name in said.keys() ^ told.keys())
    for name in said.keys() & told.keys():
        if not told[name].required and _default(told[name]) != to_jsonable_python(said[name].default):
            yield f"{path}.{name}: default"
        inner, outer = _part(said[name].annotation, BaseModel), _part(told[name].type, Contract)
        if inner and outer:
            yield from _differences(inner, outer, f"{path}.{name}")


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return to_jsonable_python(field.default if made is msgspec.NODEFAULT else made())


def _part(annotation: Any, base: type[T]) -> type[T] | None:
    """The type of which a field's value, or each of its values, is."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, base) else None
    return next((found for each in get_args(annotation) if (found := _part(each, base))), None)


def test_the_name_of_a_person_stays_in_the_catalogue() -> None:
    (person,) = (entity for kind, entity in ENTITIES if kind == "person")
    text = changed("person", person).data.decode()
    assert "Head of Lights" not in text
    assert "head@example.org" not in text


def test_an_announcement_stands_on_the_topic_beside_every_state() -> None:
    """A compacted topic keeps the newest event of each key, and no entity can have this one."""
    (service,) = (entity for kind, entity in ENTITIES if kind == "service")
    step = announced(service, "pilot", "It works", LATER)
    assert step.key == "porto.lamps@2"
    assert not is_entity_id(step.key)
    assert members(decode(step.type, step.data)) == {
        "service_id": "porto.lamps", "jurisdiction_id": "porto", "name": "Street lamps", "before": "pilot",
        "after": "active", "reason": "It works", "effective_at": "2026-03-01T15:30:15.250000Z", "version": 2,
    }  # fmt: skip
