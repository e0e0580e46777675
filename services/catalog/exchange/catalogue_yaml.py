"""A whole catalogue as one YAML file: lists of entities under the plurals of their kinds.

`jurisdiction_id`, `language` and `reason` at the top hold for all entities that do not say otherwise. `keeps` lists
fields that the file leaves to others, such as areas: what it does not say of them stays as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from services.catalog.entities.domain import LocalFields
from services.catalog.entities.kinds import Kind
from services.catalog.exchange.said import Reading, RefusedPart, Said, Unreadable

COMMON = ("jurisdiction_id", "language", "reason", "keeps")
NOT_SAID = ("version", "changed_at")

MOST_VALUES = 1_000_000
"""Of a file with anchors, once each alias is replaced by what it stands for."""


def read(data: bytes, kinds: Mapping[str, Kind[Any]]) -> Reading:
    """What a file says; `kinds` are by their plurals. Raises Unreadable."""
    document = _load(data)
    if not isinstance(document, dict):
        raise Unreadable("a catalogue is a mapping of kinds, such as `services:`, to lists of entities")
    unknown = [str(name) for name in document if name not in kinds and name not in COMMON]
    if unknown:
        raise Unreadable(f"unknown at the top: {', '.join(unknown)}; known are {', '.join([*COMMON, *kinds])}")
    said: list[Said] = []
    refused: list[RefusedPart] = []
    for plural, kind in kinds.items():
        entities = document.get(plural)
        if not isinstance(entities, list | None):
            raise Unreadable(f"{plural}: this is no list")
        for number, entity in enumerate(entities or [], 1):
            where = f"{plural}[{number}]"
            if isinstance(entity, dict) and all(isinstance(name, str) for name in entity):
                said.append(_said(kind, entity, document, where))
            else:
                refused.append(RefusedPart(where, None, "this is no mapping of fields"))
    return Reading(said, refused, _text(document.get("reason")), _names(document.get("keeps")))


def write(documents: Iterable[tuple[Kind[Any], Mapping[str, Any]]], jurisdiction_id: str | None) -> str:
    """A file that says what the documents of entities do; fields that have their defaults are left out."""
    listed: dict[str, Any] = {"jurisdiction_id": jurisdiction_id} if jurisdiction_id else {}
    for kind, document in documents:
        listed.setdefault(kind.plural, []).append(_lean(kind, document, jurisdiction_id))
    return yaml.dump(listed, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)


def _load(data: bytes) -> Any:
    try:
        if b"&" in data:
            _check_aliases(data)
        return yaml.load(data, yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"this is no YAML that can be taken: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise Unreadable("this is nested too deep") from error


def _check_aliases(data: bytes) -> None:
    """Counts what aliases stand for: a few lines of aliases of aliases can mean billions of values."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(data, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_nodes.pop()
        elif isinstance(event, yaml.AliasEvent):
            anchor, size = None, sizes.get(event.anchor or "", 0)
            if size == 0:
                raise Unreadable(f"the alias *{event.anchor} stands within what it stands for, or for nothing")
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        above, before = open_nodes[-1]
        open_nodes[-1] = (above, before + size)
        if before + size > MOST_VALUES:
            raise Unreadable(f"with its aliases it has more than {MOST_VALUES:,} values")


def _said(kind: Kind[Any], entity: Mapping[str, Any], document: Mapping[Any, Any], where: str) -> Said:
    fields = {name: value for name, value in entity.items() if name != "id" and name not in NOT_SAID}
    if document.get("language") is not None:
        fields.setdefault("language", document["language"])
    if document.get("jurisdiction_id") is not None and issubclass(kind.fields, LocalFields):
        fields.setdefault("jurisdiction_id", document["jurisdiction_id"])
    return Said(kind.name, entity.get("id"), fields, where)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Unreadable("keeps: this is no list of fields")
    return value


def _lean(kind: Kind[Any], document: Mapping[str, Any], jurisdiction_id: str | None) -> dict[str, Any]:
    fields = kind.entity(document).fields.model_dump(mode="json", exclude_defaults=True)
    if jurisdiction_id and issubclass(kind.fields, LocalFields):
        fields.pop("jurisdiction_id", None)
    return {"id": document["id"], **fields}
