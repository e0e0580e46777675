"""A city's folder: `city.yaml`, the catalogue's files and the requests that it names."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

MAPPINGS = Path(__file__).parents[1] / "mappings"


class Requests(msgspec.Struct, frozen=True):
    """An export of another system, and the mapping that says what its columns mean."""

    file: str
    mapping: str


class DistrictNotes(msgspec.Struct, frozen=True):
    """Of which rows of population.csv a district consists, and which names in the requests mean it."""

    neighborhoods: list[str]
    aliases: list[str]


class City(msgspec.Struct, frozen=True):
    """What makes up a city: files for the catalogue in the order in which they are applied, and requests."""

    id: str
    catalogue: list[str]
    districts: dict[str, DistrictNotes]
    requests: Requests

    def files(self, folder: Path) -> list[Path]:
        """The catalogue's files."""
        return [(folder / name).resolve() for name in self.catalogue]

    def entities(self, folder: Path) -> dict[str, list[dict[str, Any]]]:
        """The entities of its own that the YAML files list, by the plurals of their kinds."""
        found: dict[str, list[dict[str, Any]]] = {}
        for file in self.files(folder):
            if file.suffix == ".yaml":
                for plural, entities in msgspec.yaml.decode(file.read_bytes()).items():
                    if isinstance(entities, list) and plural != "keeps":
                        found.setdefault(plural, []).extend(entities)
        return found

    def service_ids(self, folder: Path) -> list[str]:
        """The services that requests can be for."""
        return [service["id"] for service in self.entities(folder)["services"]]


def read_city(folder: Path) -> City:
    """The city of a folder. Raises OSError, or msgspec.DecodeError where city.yaml is not one."""
    return msgspec.yaml.decode((folder / "city.yaml").read_bytes(), type=City)


def count_rows(file: Path) -> int:
    """How many requests an export has."""
    return sum(1 for _ in _rows(file)) - 1


def _rows(file: Path) -> Iterator[list[str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.reader(text)
