"""A jurisdiction: a city, in which time zone its days begin, who lives there, and how it shows itself."""

from functools import cache
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from services.catalog.entities.domain import Facets, Fields
from services.catalog.entities.geometry import SoundArea
from services.catalog.entities.values import Currency, Iri, LanguageTag, Populations, unique
from services.catalog.jurisdictions.brand import Brand
from shared.text import WHOLE, Line, WebAddress


@cache
def time_zones() -> frozenset[str]:
    """The names that `time_zone` can have."""
    return frozenset(available_timezones())


def _known(name: str) -> str:
    if name not in time_zones():
        raise ValueError("is no time zone of the IANA database, such as Europe/Lisbon")
    return name


TimeZone = Annotated[str, Field(max_length=100), AfterValidator(_known)]


class Populated(Fields):
    """Where people live. `population` is what scores count with; left out, that of the newest year."""

    population: Annotated[int, Field(strict=True, ge=0, le=100_000_000_000), WHOLE] | None = None
    populations: Populations = Field(default={}, description="Inhabitants by year")
    population_source: Line | None = None
    geometry: SoundArea | None = Field(default=None, description="GeoJSON Polygon or MultiPolygon, WGS 84")

    @model_validator(mode="before")
    @classmethod
    def _newest(cls, said: Any) -> Any:
        if isinstance(said, dict) and said.get("population") is None and isinstance(said.get("populations"), dict):
            years = said["populations"]
            if years:
                return said | {"population": years[max(years, key=str)]}
        return said


class Jurisdiction(Populated):
    """A city, as it describes itself. The first of its languages is that of texts which do not say."""

    FACETS: ClassVar[tuple[str, ...]] = ("language",)

    time_zone: TimeZone
    languages: Annotated[tuple[LanguageTag, ...], Field(min_length=1, max_length=20)] = ("en",)
    currency: Currency | None = None
    country: Iri | None = Field(default=None, description="Such as .../authority/country/USA")
    homepage: WebAddress | None = None
    brand: Brand | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        unique(self.languages, "language")
        return self

    def facets(self) -> Facets:
        return {"language": self.languages}
