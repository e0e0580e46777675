"""Entities of one kind as CSV (RFC 4180): a row each, a column for each field; what is made of parts is JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from services.catalog.entities.kinds import Kind
from services.catalog.exchange.said import Reading, RefusedPart, Said, Unreadable

WRITTEN_AS_THEY_ARE = (str, date, Decimal, Enum)
BETWEEN = ";"
"""Between the values of a list of words; a list can be written as JSON as well."""


def read(data: bytes, kind: Kind[Any], jurisdiction_id: str | None) -> Reading:
    """What a table says: only the fields that it has columns for. Raises Unreadable."""
    rows = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        _check(header, kind)
        return _read(rows, header, kind, jurisdiction_id)
    except csv.Error as error:
        raise Unreadable(f"line {rows.line_num}: this is no CSV: {error}") from error


def write(documents: Iterable[Mapping[str, Any]], kind: Kind[Any]) -> str:
    """A table of the documents of entities."""
    text = io.StringIO(newline="")
    columns = ["id", *kind.fields.model_fields]
    rows = csv.writer(text)
    rows.writerow(columns)
    rows.writerows([_cell(document[name]) for name in columns] for document in documents)
    return text.getvalue()


def _read(rows: Any, header: list[str], kind: Kind[Any], jurisdiction_id: str | None) -> Reading:
    said: list[Said] = []
    refused: list[RefusedPart] = []
    for cells in rows:
        where = f"line {rows.line_num}"
        if len(cells) != len(header):
            if cells:
                refused.append(RefusedPart(where, None, f"{len(cells)} values for {len(header)} columns"))
            continue
        fields = {
            name: _value(kind.fields.model_fields.get(name), cell) for name, cell in zip(header, cells, strict=True)
        }
        if jurisdiction_id and "jurisdiction_id" in kind.fields.model_fields:
            fields.setdefault("jurisdiction_id", jurisdiction_id)
        said.append(Said(kind.name, fields.pop("id", None) or None, fields, where))
    return Reading(said, refused)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"this is not UTF-8: {error}") from error


def _check(header: list[str], kind: Kind[Any]) -> None:
    known = {"id", *kind.fields.model_fields}
    if unknown := [name for name in header if name not in known]:
        raise Unreadable(f"unknown columns: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if len(set(header)) < len(header):
        raise Unreadable("two columns have the same name")
    if not header:
        raise Unreadable("there is no line with the names of the columns")


def _value(field: FieldInfo | None, cell: str) -> Any:
    """A cell as its field takes it; what is empty has no value."""
    if cell == "":
        return None
    if field is None or _is_text(field.annotation):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return [value.strip() for value in cell.split(BETWEEN) if value.strip()]


def _is_text(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_text(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return all(_is_text(one) for one in get_args(annotation) if one is not type(None))
    return isinstance(annotation, type) and issubclass(annotation, WRITTEN_AS_THEY_ARE)


def _cell(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
