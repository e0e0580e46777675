"""Entities of the catalogue with whatever their model allows, member by member."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from services.catalog.entities.domain import Entity, Fields
from services.catalog.entities.geometry import Area
from services.catalog.entities.values import LanguageTag
from services.catalog.jurisdictions.domain import TimeZone
from tests.contracts.samples import ENTITIES

Values = st.SearchStrategy[Any]

DIGITS = 2
"""After the point: every decimal number has as many, or more."""
MOST = 2
"""Parts of a list or map; what is wrong with one shows with few."""

NAMED = {
    get_args(LanguageTag)[-1]: ("en", "pt-BR", "zh-Hant", "tr"),
    get_args(TimeZone)[-1]: ("UTC", "Europe/Lisbon", "America/New_York"),
}
"""Choices, by the check that only few texts pass."""

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


COORDINATE = st.floats(-80, 80)


def _box(west: float, south: float, width: float, height: float) -> list[list[list[float]]]:
    east, north = west + width, south + height
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


BOXES = st.builds(_box, COORDINATE, COORDINATE, st.floats(1e-6, 5), st.floats(1e-6, 5))
AREAS = st.one_of(
    st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": BOXES}),
    st.fixed_dictionaries({"type": st.just("MultiPolygon"), "coordinates": st.lists(BOXES, min_size=1, max_size=MOST)}),
)


def entities(kind: str) -> st.SearchStrategy[Entity[Any]]:
    """Valid entities of a kind: its sample, with other values where the model lets them be together."""
    (sample,) = (entity.fields for name, entity in ENTITIES if name == kind)
    instead = st.fixed_dictionaries({}, optional=_members(type(sample)))
    fields = instead.map(lambda values: _as_far_as_allowed(sample, values))
    return st.builds(Entity, st.just(f"porto.{kind}"), st.integers(1, 2**31 - 1), MOMENTS, fields)


def _as_far_as_allowed(sample: Fields, values: dict[str, Any]) -> Fields:
    """Twice, for a value may be allowed only beside another that comes later."""
    fields = sample
    for name, value in [*values.items()] * 2:
        try:
            fields = type(sample).model_validate(fields.model_dump(mode="json") | {name: value})
        except ValidationError:
            continue
    return fields


@cache
def _members(model: type[BaseModel]) -> dict[str, Values]:
    return {name: _values(field.annotation, *field.metadata) for name, field in model.model_fields.items()}


def _values(annotation: Any, *marks: Any) -> Values:
    """JSON values that a field of this type can have, or nearly."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], *arguments[1:], *marks)
    if origin in (Union, UnionType):
        return st.one_of(*(_values(each, *marks) for each in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return _list(arguments, _bounds(marks))
    if origin is dict:
        return st.dictionaries(*map(_values, arguments), max_size=MOST)
    if issubclass(annotation, Enum):
        return st.sampled_from([each.value for each in annotation])
    if issubclass(annotation, BaseModel):
        return _object(annotation)
    return _plain(annotation, marks)


def _list(arguments: tuple[Any, ...], bounds: dict[str, Any]) -> Values:
    if arguments[-1] is not Ellipsis:
        return st.tuples(*map(_values, arguments)).map(list)
    least = bounds.get("min_length", 0)
    return st.lists(_values(arguments[0]), min_size=least, max_size=least + MOST)


def _object(model: type[BaseModel]) -> Values:
    if model is Area:
        return AREAS
    members = _members(model)
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    return st.fixed_dictionaries(
        {name: members[name] for name in needed},
        optional={name: members[name] for name in members.keys() - needed},
    )


def _plain(annotation: Any, marks: tuple[Any, ...]) -> Values:
    bounds = _bounds(marks)
    least, most = bounds.get("ge", bounds.get("gt")), bounds.get("le")
    made: dict[Any, Callable[[], Values]] = {
        NoneType: st.none,
        bool: st.booleans,
        str: lambda: _text(marks, bounds),
        int: lambda: st.integers(least, most),
        float: lambda: st.floats(least, most),
    }
    if annotation in made:
        return made[annotation]()
    if annotation.__name__ == "Decimal":
        return st.decimals(least, most, places=DIGITS).map(str)
    return st.dates().map(str)


def _text(marks: tuple[Any, ...], bounds: dict[str, Any]) -> Values:
    for mark in _flat(marks):
        if mark in NAMED:
            return st.sampled_from(NAMED[mark])
    pattern = bounds.get("pattern")
    texts = st.text(max_size=30) if pattern is None else st.from_regex(pattern)
    allowed: TypeAdapter[str] = TypeAdapter(Annotated[str, *marks]) if marks else TypeAdapter(str)
    return texts.filter(lambda text: _passes(allowed, text))


def _passes(allowed: TypeAdapter[str], text: str) -> bool:
    try:
        allowed.validate_python(text)
    except ValidationError:
        return False
    return True


def _bounds(marks: tuple[Any, ...]) -> dict[str, Any]:
    names = ("ge", "gt", "le", "min_length", "pattern")
    found = ((name, getattr(mark, name, None)) for mark in _flat(marks) for name in names)
    return {name: value for name, value in found if value is not None}


def _flat(marks: tuple[Any, ...]) -> Iterator[Any]:
    for mark in marks:
        yield mark
        if isinstance(mark, FieldInfo):
            yield from _flat(tuple(mark.metadata))
