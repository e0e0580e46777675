"""A scorecard as a YAML document that can be taken in again."""

from typing import Any

import yaml
from msgspec import to_builtins

from services.metrics.scores.scorecard import Scorecard

FIRST = ("id", "name", "description", "dimension", "formula", "measure")
"""What one wants to read first of an indicator."""


def yaml_of(card: Scorecard) -> str:
    """What it says, field by field; what is left to its default is left out."""
    document: dict[str, Any] = _plain(to_builtins(card))
    document["indicators"] = [_indicator(each) for each in document["indicators"]]
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)


def _plain(value: Any) -> Any:
    """Whole numbers as people write them: 3, not 3.0."""
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _indicator(fields: dict[str, Any]) -> dict[str, Any]:
    first = {name: fields[name] for name in FIRST if name in fields}
    left_out = [name for name, value in fields.items() if value is None or value is False]
    rest = {name: value for name, value in fields.items() if name not in first and name not in left_out}
    return first | rest
