"""The envelope: CloudEvents 1.0.2, and its two ways through Kafka (Kafka Protocol Binding 1.0.2) and JSON.

Binary: each attribute is a header `ce_<name>` in UTF-8, `datacontenttype` is the header `content-type`, the value is
the data. Structured: the header `content-type` starts with `application/cloudevents`, the value is the event as JSON.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shared.contracts.base import UNREADABLE

Headers = list[tuple[str, bytes]]

STRUCTURED = "application/cloudevents+json"
_RENAMED = {"datacontenttype": "content-type"}
_REQUIRED = ("id", "source", "type")


class InvalidEvent(ValueError):
    """A message that is no CloudEvent; says what is wrong with it."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """A CloudEvent. `data` is as published, byte for byte; `extensions` holds what the specification leaves open."""

    id: str
    source: str
    type: str
    data: bytes | None = None
    time: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    specversion: str = "1.0"
    extensions: dict[str, str] = msgspec.field(default_factory=dict)


_ATTRIBUTES = tuple(name for name in Event.__struct_fields__ if name not in ("data", "extensions"))


def attributes(event: Event) -> dict[str, str]:
    """All attributes that are set, extensions among them."""
    known = ((name, getattr(event, name)) for name in _ATTRIBUTES)
    return {name: value for name, value in known if value is not None} | event.extensions


def to_binary(event: Event) -> tuple[Headers, bytes | None]:
    """Headers and value of a Kafka message in binary mode."""
    headers = [(_RENAMED.get(name, f"ce_{name}"), value.encode()) for name, value in attributes(event).items()]
    return headers, event.data


def to_structured(event: Event) -> bytes:
    """The event in the JSON format; JSON data stands as it is, other data as base64."""
    if event.data is None:
        return msgspec.json.encode(attributes(event))
    if _is_json(event.datacontenttype):
        return msgspec.json.encode(attributes(event) | {"data": msgspec.Raw(event.data)})
    return msgspec.json.encode(attributes(event) | {"data_base64": base64.b64encode(event.data).decode()})


def from_kafka(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> Event:
    """The event of a Kafka message in either mode; a header without a value says nothing. Raises InvalidEvent."""
    by_name = {name: raw for name, raw in headers if raw is not None}
    content_type = _text("content-type", by_name.get("content-type", b""))
    if content_type.lower().startswith("application/cloudevents"):
        return from_structured(value or b"")
    found = {name[3:].lower(): _text(name, raw) for name, raw in by_name.items() if name.lower().startswith("ce_")}
    return _event(found, value, content_type or None)


def from_structured(message: bytes) -> Event:
    """The event in the JSON format. Raises InvalidEvent."""
    try:
        fields = msgspec.json.decode(message, type=dict[str, msgspec.Raw])
    except UNREADABLE as error:
        raise InvalidEvent(f"not a JSON object: {error}") from error
    data = fields.pop("data", None)
    encoded = fields.pop("data_base64", None)
    found = {name: _scalar(name, raw) for name, raw in fields.items()}
    given = {name: value for name, value in found.items() if value is not None}
    if encoded is not None:
        if data is not None:
            raise InvalidEvent("data and data_base64 exclude each other")
        return _event(given, _from_base64(encoded), given.pop("datacontenttype", None))
    content_type = given.pop("datacontenttype", "application/json")
    return _event(given, None if data is None else _data(data, content_type), content_type)


def _event(found: Mapping[str, str], data: bytes | None, content_type: str | None) -> Event:
    missing = [name for name in _REQUIRED if not found.get(name)]
    if missing:
        raise InvalidEvent(f"no CloudEvent: {', '.join(missing)} missing")
    if found.get("specversion") != "1.0":
        raise InvalidEvent(f"specversion is {found.get('specversion')!r}, not '1.0'")
    known = {name: value for name, value in found.items() if name in _ATTRIBUTES and name != "datacontenttype"}
    extra = {name: value for name, value in found.items() if name not in _ATTRIBUTES}
    return Event(**known, datacontenttype=content_type, data=data, extensions=extra)


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent(f"{name} is not UTF-8") from error


def _data(raw: msgspec.Raw, content_type: str) -> bytes:
    """JSON stands as it is; data of another type is what its JSON string says."""
    if not _is_json(content_type) and bytes(raw).startswith(b'"'):
        return str(_decoded("data", raw, str)).encode()
    return bytes(raw)


def _scalar(name: str, raw: msgspec.Raw) -> str | None:
    """An attribute's value in its canonical string form: integers and booleans are allowed in JSON."""
    value: str | int | None = _decoded(name, raw, str | int | bool | None)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _decoded(name: str, raw: msgspec.Raw, kind: Any) -> Any:
    """A member of the message, which so far was only skipped over."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        raise InvalidEvent(f"{name} is not usable: {error}") from error


def _from_base64(raw: msgspec.Raw) -> bytes:
    try:
        return base64.b64decode(_decoded("data_base64", raw, str), validate=True)
    except ValueError as error:
        raise InvalidEvent("data_base64 is not base64") from error


def _is_json(content_type: str | None) -> bool:
    kind = (content_type or "application/json").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))
