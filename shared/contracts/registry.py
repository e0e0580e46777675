"""Every event type of the platform, by name, and what is derived from the name."""

from typing import Any

import msgspec

from shared.contracts import catalog, feedback, inbox, metrics
from shared.contracts.base import Contract

TYPES: dict[str, type[Contract]] = {**catalog.TYPES, **feedback.TYPES, **metrics.TYPES, **inbox.TYPES}

TYPE_OF: dict[type[Contract], str] = {struct: name for name, struct in TYPES.items()}

encode = msgspec.json.Encoder().encode
_decoders: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(struct) for name, struct in TYPES.items()}


class UnknownType(LookupError):
    """An event type, or a major version of one, that this installation does not know."""


def decode(type_name: str, data: bytes) -> Contract:
    """The data of an event as its struct. Raises UnknownType, or one of UNREADABLE."""
    decoder = _decoders.get(type_name)
    if decoder is None:
        raise UnknownType(f"unknown event type {type_name!r}")
    contract: Contract = decoder.decode(data)
    return contract


def schema_urn(type_name: str) -> str:
    """The `dataschema` of a type: `feedback.rating.given.v1` is served at `/schemas/feedback.rating.given/v1`."""
    name, version = type_name.rsplit(".", 1)
    return f"urn:civicloop:schemas:{name}:{version}"
