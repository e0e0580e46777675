"""A city's folder: `city.yaml`, and the requests that it names."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

NOTES = frozenset({"source", "neighborhoods", "aliases"})
"""What city.yaml says of an entity beside the catalogue's own fields."""

MAPPINGS = Path(__file__).parents[1] / "mappings"


class Requests(msgspec.Struct, frozen=True):
    """An export of another system, and the mapping that says what its columns mean."""

    file: str
    mapping: str


class City(msgspec.Struct, frozen=True):
    """What the catalogue is to know of a city; each list by the name that it has in the catalogue's addresses."""

    jurisdiction: dict[str, Any]
    districts: list[dict[str, Any]]
    organisations: list[dict[str, Any]]
    services: list[dict[str, Any]]
    requests: Requests

    @property
    def id(self) -> str:
        identifier: str = self.jurisdiction["id"]
        return identifier

    @property
    def service_ids(self) -> list[str]:
        return [service["id"] for service in self.services]

    def entities(self) -> list[tuple[str, dict[str, Any]]]:
        """All that is to be made, in an order in which nothing refers to what comes later."""
        found = [("jurisdictions", _said(self.jurisdiction))]
        for kind in ("districts", "organisations", "services"):
            found += [(kind, {"jurisdiction_id": self.id, **_said(entity)}) for entity in getattr(self, kind)]
        return found


def read_city(folder: Path) -> City:
    """The city of a folder. Raises OSError, or msgspec.DecodeError where city.yaml is not one."""
    return msgspec.yaml.decode((folder / "city.yaml").read_bytes(), type=City)


def count_rows(file: Path) -> int:
    """How many requests an export has."""
    return sum(1 for _ in _rows(file)) - 1


def _rows(file: Path) -> Iterator[list[str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.reader(text)


def _said(entity: dict[str, Any]) -> dict[str, Any]:
    """The catalogue's fields; the source becomes the reason for the first version."""
    fields = {name: value for name, value in entity.items() if name not in NOTES}
    return fields | {"reason": f"Set-up; source: {entity['source']}" if "source" in entity else "Set-up"}
