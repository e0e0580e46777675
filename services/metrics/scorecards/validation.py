"""Everything that is wrong with a scorecard at once: where, what, and what would be right. Pure.

What each field may be is read from the definitions in `scores/scorecard.py`, so that nothing is said twice.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import inspect

from services.metrics.scorecards.document import MOST_FINDINGS
from services.metrics.scorecards.findings import Document, Finding, NotTaken, Path, named
from services.metrics.scores.scorecard import Scorecard

MOST_INDICATORS = 200
RIGHT_ID = "lower-case letters and digits, in words joined by hyphens, up to 63 characters"


def examine(document: Document) -> tuple[Scorecard | None, list[Finding]]:
    """The scorecard that a document is, or what keeps it from being one."""
    found = [*document.findings, *_struct(document, document.value, _type(Scorecard), ())]
    if isinstance(document.value, dict):
        found += _together(document, document.value)
    if found:
        found.sort(key=lambda finding: finding.line or 0)
        return None, found[:MOST_FINDINGS]
    try:
        return msgspec.convert(document.value, Scorecard), []
    except msgspec.ValidationError as error:
        return None, [Finding(named(()), str(error), "see docs/scorecards.md")]


@cache
def _type(of: Any) -> Any:
    return inspect.type_info(of)


def _each(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    """What is wrong with a value that should be `of` a type."""
    if isinstance(value, NotTaken):
        return
    match of:
        case inspect.Metadata():
            yield from _each(document, value, of.type, path)
        case inspect.StructType():
            yield from _struct(document, value, of, path)
        case inspect.UnionType() if any(isinstance(each, inspect.NoneType) for each in of.types):
            if value is not None:
                yield from _each(document, value, next(t for t in of.types if not _is_none(t)), path)
        case inspect.UnionType():
            yield from _tagged(document, value, of, path)
        case inspect.ListType():
            yield from _list(document, value, of, path)
        case inspect.DictType():
            yield from _mapping(document, value, of, path)
        case _:
            yield from _leaf(document, value, of, path)


def _is_none(of: Any) -> bool:
    return isinstance(of, inspect.NoneType)


def _struct(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield document.finding(path, f"is {_shown(value)}", "a mapping of fields")
        return
    fields = {field.encode_name: field for field in of.fields}
    names = [*([of.tag_field] if of.tag_field else []), *fields]
    for name in value:
        if name not in names:
            yield document.finding((*path, name), "is a field that is not known here", nearest(name, names))
    for name, field in fields.items():
        if name in value:
            yield from _each(document, value[name], field.type, (*path, name))
        elif field.required:
            yield document.finding((*path, name), "is missing", _right(field.type))


def _tagged(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    """One of several structs, told by the field that says which."""
    variants = {variant.tag: variant for variant in of.types}
    tag_field = of.types[0].tag_field
    if not isinstance(value, dict):
        yield document.finding(path, f"is {_shown(value)}", "a mapping of fields")
        return
    tag = value.get(tag_field)
    if isinstance(tag, str) and tag in variants:
        yield from _struct(document, value, variants[tag], path)
    elif isinstance(tag, NotTaken):
        return
    elif tag_field not in value:
        yield document.finding((*path, tag_field), "is missing", f"one of {', '.join(sorted(variants))}")
    else:
        known = nearest(tag, variants) if isinstance(tag, str) else f"one of {', '.join(sorted(variants))}"
        yield document.finding((*path, tag_field), f"is {_shown(tag)}, which is not known here", known)


def _list(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, list) or not value:
        yield document.finding(path, f"is {_shown(value)}", "a list of at least one")
        return
    if len(value) > MOST_INDICATORS:
        yield document.finding(path, f"has {len(value):,} members", f"at most {MOST_INDICATORS}")
        return
    for place, each in enumerate(value):
        yield from _each(document, each, of.item_type, (*path, place))


def _mapping(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict) or not value:
        yield document.finding(path, f"is {_shown(value)}", f"a mapping to {_right(of.value_type)}")
        return
    for name, each in value.items():
        if isinstance(of.key_type, inspect.LiteralType) and name not in of.key_type.values:
            right = nearest(name, [str(known) for known in of.key_type.values])
            yield document.finding((*path, name), "is not known here", right)
        else:
            yield from _each(document, each, of.value_type, (*path, name))


def _leaf(document: Document, value: Any, of: Any, path: Path) -> Iterator[Finding]:
    if _fits(value, of):
        return
    if isinstance(of, inspect.LiteralType) and isinstance(value, str):
        right = nearest(value, [str(known) for known in of.values])
        yield document.finding(path, f"is {_shown(value)}, which is not known here", right)
    else:
        yield document.finding(path, f"is {_shown(value)}", _right(of))


def _fits(value: Any, of: Any) -> bool:
    """Whether a value is what its type says, by the rules of msgspec that hold when it is converted."""
    match of:
        case inspect.FloatType() | inspect.IntType():
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            whole = number and (isinstance(of, inspect.FloatType) or isinstance(value, int))
            return whole and _within(value, of)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.StrType():
            return isinstance(value, str) and _converts(value, of)
        case inspect.LiteralType():
            return isinstance(value, str) and value in of.values
        case _:
            return True


def _within(number: float, of: Any) -> bool:
    return (
        (of.gt is None or number > of.gt)
        and (of.ge is None or number >= of.ge)
        and (of.lt is None or number < of.lt)
        and (of.le is None or number <= of.le)
    )


def _converts(text: str, of: Any) -> bool:
    meta = msgspec.Meta(min_length=of.min_length, max_length=of.max_length, pattern=of.pattern)
    try:
        msgspec.convert(text, Annotated[str, meta])
    except msgspec.ValidationError:
        return False
    return True


def _together(document: Document, card: Mapping[str, Any]) -> Iterator[Finding]:
    """What no field can say alone."""
    listed = card.get("indicators")
    indicators = [
        (place, each) for place, each in enumerate(listed if isinstance(listed, list) else []) if isinstance(each, dict)
    ][:MOST_INDICATORS]
    first: dict[str, int] = {}
    for place, each in indicators:
        yield from _bounds(document, each, ("indicators", place))
        name = each.get("id")
        if isinstance(name, str) and first.setdefault(name, place) != place:
            other = document.lines.get(("indicators", first[name], "id"))
            where = f"on line {other}" if other else f"as indicators.{first[name]}"
            at: Path = ("indicators", place, "id")
            yield document.finding(at, f"{name!r} is defined before, {where}", "another id, or one definition")
    yield from _dimensions(document, card.get("dimensions"), [each for _, each in indicators])


def _bounds(document: Document, indicator: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    floor, target = indicator.get("floor"), indicator.get("target")
    if isinstance(floor, int | float) and not isinstance(floor, bool) and floor == target:
        message = f"is {_shown(target)}, the same as floor"
        yield document.finding(
            (*path, "target"), message, "another value than floor: above it more is better, below it less"
        )


def _dimensions(document: Document, weights: Any, indicators: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    if not isinstance(weights, dict):
        return
    used = {str(each["dimension"]) for each in indicators if isinstance(each.get("dimension"), str)}
    for name in weights:
        if name not in used:
            yield document.finding(("dimensions", name), "has no indicator", "an indicator of it, or no weight for it")
    for name in sorted(used & _weighed()):
        if name not in weights:
            right = "a weight in public value, since indicators are of it"
            yield document.finding(("dimensions", name), "is missing", right)


@cache
def _weighed() -> frozenset[str]:
    """The dimensions that public value is made of."""
    weights = next(field.type for field in _type(Scorecard).fields if field.name == "dimensions")
    return frozenset(map(str, weights.key_type.values))


def nearest(name: str, known: Iterable[str]) -> str:
    """What was probably meant, and what there is."""
    known = sorted(known)
    close = get_close_matches(name, known, 1, 0.5)
    listed = f"one of {', '.join(known)}"
    return f"{close[0]} is the nearest; {listed}" if close else listed


def _shown(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list" if value else "an empty list"
        case float() if not math.isfinite(value):
            return "not a number" if math.isnan(value) else "infinite"
        case str():
            return repr(value) if len(value) <= 60 else f"text of {len(value):,} characters"
        case _:
            return str(value)


def _right(of: Any) -> str:
    match of:
        case inspect.Metadata():
            return _right(of.type)
        case inspect.FloatType():
            return f"a number{_range(of)}"
        case inspect.IntType():
            return f"a whole number{_range(of)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType() if of.pattern:
            return RIGHT_ID
        case inspect.StrType():
            return f"text of 1 to {of.max_length:,} characters" if of.max_length else "text"
        case inspect.LiteralType():
            return f"one of {', '.join(sorted(map(str, of.values)))}"
        case inspect.ListType():
            return "a list of at least one"
        case inspect.DictType():
            return f"a mapping to {_right(of.value_type)}"
        case inspect.UnionType():
            return " or ".join(_right(each) for each in of.types if not _is_none(each))
        case _:
            return "a mapping of fields"


def _range(of: Any) -> str:
    lower = f"above {of.gt:g}" if of.gt is not None else f"at least {of.ge:,g}" if of.ge is not None else ""
    upper = f"below {of.lt:g}" if of.lt is not None else f"at most {of.le:,g}" if of.le is not None else ""
    return f" {' and '.join(each for each in (lower, upper) if each)}" if lower or upper else ""


def summary(findings: Sequence[Finding]) -> str:
    """The first findings in a line, for people."""
    return "; ".join(f"{each.at}: {each.message}" for each in findings[:5])
