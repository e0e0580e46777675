"""Where input belongs, as the members that every event of it has."""

from typing import Protocol, TypedDict


class Homed(Protocol):
    """Something that belongs to a service."""

    @property
    def jurisdiction_id(self) -> str: ...
    @property
    def service_id(self) -> str: ...


class Placed(Homed, Protocol):
    """Something that belongs to a service and, where that is known, to a district."""

    @property
    def district_id(self) -> str | None: ...


class Home(TypedDict):
    """Members of an event."""

    jurisdiction_id: str
    service_id: str


class Place(Home):
    """Members of an event."""

    district_id: str | None


def home(of: Homed) -> Home:
    """Whose it is."""
    return {"jurisdiction_id": of.jurisdiction_id, "service_id": of.service_id}


def place(of: Placed) -> Place:
    """Whose it is, and where."""
    return {"jurisdiction_id": of.jurisdiction_id, "service_id": of.service_id, "district_id": of.district_id}
