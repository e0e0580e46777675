"""A mapping: what the columns of another system's export mean here. A YAML file, so that it can be a city's own."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from shared.text import EntityId

LARGEST = 262_144
"""Characters of a mapping file."""

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Encoding = Literal["utf-8", "iso-8859-1", "windows-1252"]
Ending = Literal["resolved", "declined", "duplicate", "invalid"]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone; one is named like America/New_York")
    return name


Pattern = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_pattern)]


class Part(BaseModel):
    """A part of a mapping: a key that it does not know is an error, so that a slip of the pen is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Fields(Part):
    """The columns that hold a field as it is."""

    external_id: Column
    opened_at: Column
    closed_at: Column | None = None
    due_at: Column | None = None
    description: Column | None = None
    address: Column | None = None
    latitude: Column | None = None
    longitude: Column | None = None
    contributor: Column | None = None


class Services(Part):
    """The service that each value of a column means. A value that is not here refuses its row."""

    column: Column
    values: dict[str, EntityId] = Field(min_length=1)


class Districts(Part):
    """The district that each value of a column means; null where a value names none."""

    column: Column
    values: dict[str, EntityId | None]
    unknown: Literal["none", "refuse"] = "none"


class Channels(Part):
    """The channel that each value of a column means."""

    column: Column
    values: dict[str, Name | None]
    unknown: Literal["none", "refuse"] = "none"


class State(Part):
    """The values of a column that say a request is closed; without this part a closing time says so."""

    column: Column
    closed: list[str] = Field(min_length=1)


class Answer(Part):
    """A column that holds the public answer: where it holds more than `strip` matches at its start."""

    column: Column
    at: Literal["closed_at"] | Column = "closed_at"
    strip: Pattern = r"\s*"


class Rule(Part):
    """A closing whose text matches the pattern, from its start, ended like this."""

    pattern: Pattern
    resolution: Ending


class Resolutions(Part):
    """How closings ended: the first rule that matches what `strip` leaves of a column; `otherwise` where none does."""

    column: Column | None = None
    strip: Pattern = r"\s*"
    rules: list[Rule] = []
    otherwise: Ending

    @model_validator(mode="after")
    def _rules_read_a_column(self) -> "Resolutions":
        if self.rules and self.column is None:
            raise ValueError("rules need a column")
        return self


class Corrections(Part):
    """What may be set right instead of refusing the row; each is counted in the report."""

    tolerate_skew_seconds: int = Field(default=0, ge=0, le=86_400)
    drop_due_before_opened: bool = False
    drop_bad_coordinates: bool = False
    drop_closing_of_open: bool = False
    shift_times_in_clock_gap: bool = False


class Mapping(Part):
    """All that an import needs to know of a file."""

    name: Name
    source: Name
    jurisdiction_id: EntityId | None = None
    format: Literal["csv", "ndjson"] = "csv"
    encoding: Encoding = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    date_formats: list[str] = Field(default=["iso"], min_length=1)
    optional_columns: list[Column] = []
    fields: Fields
    services: Services
    districts: Districts | None = None
    channels: Channels | None = None
    state: State | None = None
    answer: Answer | None = None
    resolutions: Resolutions
    corrections: Corrections = Corrections()

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once, in a fixed order."""
        return list(dict.fromkeys(_columns(self)))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @model_validator(mode="after")
    def _parts_fit(self) -> "Mapping":
        closes = self.fields.closed_at is not None
        if self.state is not None and not closes:
            raise ValueError("state needs fields.closed_at")
        if self.answer is not None and self.answer.at == "closed_at" and not closes:
            raise ValueError("answer.at closed_at needs fields.closed_at")
        unknown = set(self.optional_columns) - set(self.columns)
        if unknown:
            raise ValueError(f"optional_columns names what nothing reads: {', '.join(sorted(unknown))}")
        return self


def _columns(mapping: Mapping) -> Iterator[str]:
    yield from (column for column in mapping.fields.model_dump().values() if column)
    tables = (mapping.services, mapping.districts, mapping.channels, mapping.state, mapping.answer)
    yield from (table.column for table in tables if table is not None)
    if mapping.answer is not None and mapping.answer.at != "closed_at":
        yield mapping.answer.at
    if mapping.resolutions.column is not None:
        yield mapping.resolutions.column


class MappingError(ValueError):
    """A mapping that cannot be used; `faults` names each key and what is allowed there."""

    def __init__(self, file: str, faults: list[str]) -> None:
        super().__init__("; ".join(f"{file}: {fault}" for fault in faults))
        self.faults = faults


def parse_mapping(text: str, file: str) -> Mapping:
    """The mapping that a YAML text holds; `file` is what errors call it. Raises MappingError."""
    if len(text) > LARGEST:
        raise MappingError(file, [f"longer than {LARGEST} characters"])
    try:
        document = yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MappingError(file, [f"not YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(document, dict):
        raise MappingError(file, ["a mapping begins with keys such as name:, source:, fields:"])
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        raise MappingError(file, [_fault(item) for item in error.errors()]) from error


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases, with which a small file can stand for an endless one, and no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(f"aliases (*) are not allowed: line {self._line()}")
        return super().compose_node(parent, index)

    def _line(self) -> int:
        line: int = self.get_mark().line + 1
        return line

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"the key {key.value!r} stands twice: {key.start_mark}")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _fault(item: Any) -> str:
    where = ".".join(str(step) for step in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{where}: unknown key; allowed are {', '.join(_allowed(item['loc'][:-1]))}"
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    quote = "; put it in quotes" if item["type"] == "string_type" and item["input"] is not None else ""
    return f"{where}: {message}{quote}" if where else f"{message}"


def _allowed(path: tuple[int | str, ...]) -> list[str]:
    """The keys of the part that lies at `path`."""
    part: type[BaseModel] = Mapping
    for step in path:
        if isinstance(step, str):
            annotation = part.model_fields[step].annotation
            candidates = (annotation, *get_args(annotation))
            part = next(found for found in candidates if isinstance(found, type) and issubclass(found, BaseModel))
    return list(part.model_fields)
