"""References between entities: a field says by its type what it names, and one walk finds all that an entity names."""

from collections.abc import Callable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from shared.text import EntityId


class Names(NamedTuple):
    """Marks a type as the id of an entity of a kind."""

    kind: str


class Reference(NamedTuple):
    """That an entity names another: in which field (`partners.organisation_id`), of which kind, by which id."""

    field: str
    kind: str
    id: str


JurisdictionId = Annotated[EntityId, Names("jurisdiction")]
DistrictId = Annotated[EntityId, Names("district")]
OrganisationId = Annotated[EntityId, Names("organisation")]
PersonId = Annotated[EntityId, Names("person")]
ServiceId = Annotated[EntityId, Names("service")]
StrategyId = Annotated[EntityId, Names("strategy")]
ObjectiveId = Annotated[EntityId, Names("objective")]
PartnershipId = Annotated[EntityId, Names("partnership")]
PrincipleSetId = Annotated[EntityId, Names("principle-set")]

Walk = Callable[[Any], Iterator[Reference]]


def references(fields: BaseModel) -> Iterator[Reference]:
    """All that the fields of an entity name."""
    for walk in _walks(type(fields)):
        yield from walk(fields)


@cache
def _walks(model: type[BaseModel], prefix: str = "") -> tuple[Walk, ...]:
    walks = []
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        for mark in field.metadata:
            annotation = Annotated[annotation, mark]
        walk = _walk(annotation, f"{prefix}{name}")
        if walk is not None:
            walks.append(_within(name, walk))
    return tuple(walks)


def _walk(annotation: Any, path: str) -> Walk | None:
    """How to find references in a value of a type; None where it can hold none."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        marks = [mark for mark in arguments[1:] if isinstance(mark, Names)]
        return _named(path, marks[0].kind) if marks else _walk(arguments[0], path)
    if get_origin(annotation) in (Union, UnionType):
        found = [walk for walk in (_walk(one, path) for one in arguments if one is not type(None)) if walk]
        return _optional(found[0]) if found else None
    if get_origin(annotation) is tuple:
        walk = _walk(arguments[0], path)
        return _each(walk) if walk else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        walks = _walks(annotation, f"{path}.")
        return _all(walks) if walks else None
    return None


def _named(path: str, kind: str) -> Walk:
    return lambda value: iter((Reference(path, kind, value),))


def _optional(walk: Walk) -> Walk:
    return lambda value: iter(()) if value is None else walk(value)


def _each(walk: Walk) -> Walk:
    return lambda values: (found for value in values for found in walk(value))


def _all(walks: tuple[Walk, ...]) -> Walk:
    return lambda value: (found for walk in walks for found in walk(value))


def _within(name: str, walk: Walk) -> Walk:
    return lambda model: walk(getattr(model, name))
