"""One record of an export as a request, as its mapping says. Pure; it runs for every row, so it decides little anew."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.feedback.imports import fields
from services.feedback.imports.fields import Refused, Values
from services.feedback.imports.ids import new_ids
from services.feedback.imports.mapping import Mapping as ImportMapping
from services.feedback.imports.records import Broken
from services.feedback.imports.times import EARLIEST, LocalClock
from services.feedback.requests.domain import CLOCK_TOLERANCE, Request
from services.feedback.requests.states import CLOSED_AS, OPEN

LONGEST_ID = 200
LATEST_DUE_YEAR = 2200


class Targets(NamedTuple):
    """The target times of a service, None where there is none; districts may have others."""

    resolution: timedelta | None
    first_answer: timedelta | None
    districts: Mapping[str, "Targets"] = {}

    def of(self, district_id: str | None) -> "Targets":
        """Those that hold in a district."""
        return self.districts.get(district_id, self) if district_id else self


class Setting(NamedTuple):
    """What the reading of a row depends on beside its mapping.

    `targets` holds those of each service; `shift` is added to every time; `pseudonym` makes one of whatever a file
    calls a contributor.
    """

    jurisdiction_id: str
    targets: Mapping[str, Targets]
    shift: timedelta
    now: datetime
    pseudonym: Callable[[str], str]


class Row(NamedTuple):
    """A row that can be taken: the request as the export has it, the text of its answer, and what was set right."""

    line: int
    external_id: str
    request: Request
    answer: str | None
    corrections: tuple[str, ...]


class RowReader:
    """Reads the records of one file. Making it raises MissingColumns; calling it raises Refused."""

    def __init__(self, mapping: ImportMapping, header: list[str], setting: Setting) -> None:
        at = fields.positions(mapping.columns, header, mapping.optional_columns)
        self._width = len(header)
        self._setting = setting
        self._allowed = mapping.corrections
        self._skew = timedelta(seconds=mapping.corrections.tolerate_skew_seconds)
        self._corrections: list[str] = []
        self._ids = new_ids()
        self._read_columns(mapping, at)
        self._read_times(mapping, at)

    def _read_columns(self, mapping: ImportMapping, at: fields.Position) -> None:
        names, correct = mapping.fields, self._corrections.append
        self._external_id = at(names.external_id)
        self._service = at(mapping.services.column)
        self._services = {value: (id_, self._setting.targets[id_]) for value, id_ in mapping.services.values.items()}
        self._district = fields.entry(mapping.districts, "district", at, correct)
        self._channel = fields.entry(mapping.channels, "channel", at, correct)
        self._contributor = at(names.contributor)
        self._description = fields.text(at(names.description), "description")
        self._address = fields.text(at(names.address), "address")
        self._answer = fields.answer(mapping.answer, at)
        self._resolution = fields.resolution(mapping.resolutions, at)
        self._place = fields.place(
            at(names.latitude), at(names.longitude), mapping.corrections.drop_bad_coordinates, correct
        )

    def _read_times(self, mapping: ImportMapping, at: fields.Position) -> None:
        clock = LocalClock(mapping.zone, mapping.date_formats, self._setting.shift, self._in_clock_gap)
        latest = self._setting.now + CLOCK_TOLERANCE
        latest_due = latest.replace(year=LATEST_DUE_YEAR, month=1, day=1)

        def moment(column: str | None, field: str, latest: datetime) -> Callable[[Values], datetime | None]:
            return fields.moment(at(column), field, clock, EARLIEST, latest)

        self._opened_at = moment(mapping.fields.opened_at, "opened-at", latest)
        self._closed_at = moment(mapping.fields.closed_at, "closed-at", latest)
        self._due_at = moment(mapping.fields.due_at, "due-at", latest_due)
        self._says_closed = fields.says_closed(mapping.state, at)
        self._answered_when_closed = mapping.answer is None or mapping.answer.at == "closed_at"
        self._answered_at = moment(None if mapping.answer is None else mapping.answer.at, "answered-at", latest)

    def __call__(self, line: int, values: Values) -> Row:
        if len(values) != self._width:
            raise Refused(values.reason if isinstance(values, Broken) else "wrong-number-of-values")
        values.append("")
        self._corrections.clear()
        external_id = self._id(values)
        service_id, of_service = self._service_of(values)
        district_id = self._district(values)
        targets = of_service.of(district_id)
        opened_at = self._opening(values)
        closed_at = self._closing(values, opened_at)
        answer = self._answer(values)
        answered_at = self._answering(values, answer, opened_at, closed_at)
        latitude, longitude = self._place(values)
        request_id = next(self._ids)
        resolution = None if closed_at is None else self._resolution(values)
        request = Request(
            id=request_id,
            jurisdiction_id=self._setting.jurisdiction_id,
            service_id=service_id,
            contributor=self._giver(values, request_id),
            opened_at=opened_at,
            moved_at=closed_at or answered_at or opened_at,
            district_id=district_id,
            channel=self._channel(values),
            due_at=self._due(values, opened_at, targets),
            answer_due_at=None if targets.first_answer is None else opened_at + targets.first_answer,
            first_answered_at=answered_at,
            closed_at=closed_at,
            resolution=resolution,
            state=CLOSED_AS.get(resolution or "", OPEN),
            description=self._description(values),
            address=self._address(values),
            latitude=latitude,
            longitude=longitude,
        )
        return Row(line, external_id, request, answer if answered_at else None, tuple(self._corrections))

    def _id(self, values: Values) -> str:
        external_id = values[self._external_id].strip()
        if not external_id:
            raise Refused("no-id")
        if len(external_id) > LONGEST_ID:
            raise Refused("id-too-long")
        return external_id

    def _service_of(self, values: Values) -> tuple[str, Targets]:
        value = values[self._service]
        found = self._services.get(value) or self._services.get(value.strip())
        if found is None:
            raise Refused("unknown-service")
        return found

    def _giver(self, values: Values, request_id: UUID) -> str:
        """A pseudonym; a file that does not say who asked makes each request its own contributor."""
        name = values[self._contributor].strip()
        return self._setting.pseudonym(name) if name else request_id.hex

    def _opening(self, values: Values) -> datetime:
        opened_at = self._opened_at(values)
        if opened_at is None:
            raise Refused("opened-at-missing")
        return opened_at

    def _closing(self, values: Values, opened_at: datetime) -> datetime | None:
        closed_at = self._closed_at(values)
        if self._says_closed is not None and self._says_closed(values) != (closed_at is not None):
            self._contradiction(closed_at)
            return None
        if closed_at is None or closed_at >= opened_at:
            return closed_at
        if opened_at - closed_at > self._skew:
            raise Refused("closed-before-opened")
        self._corrections.append("closed-before-opened")
        return opened_at

    def _contradiction(self, closed_at: datetime | None) -> None:
        """A request that is said to be open has a closing time, which may be ignored; or the reverse."""
        if closed_at is None:
            raise Refused("closed-at-missing")
        if not self._allowed.drop_closing_of_open:
            raise Refused("open-with-closing-time")
        self._corrections.append("open-with-closing-time")

    def _answering(
        self, values: Values, answer: str | None, opened_at: datetime, closed_at: datetime | None
    ) -> datetime | None:
        if answer is None or self._answered_when_closed:
            return closed_at if answer else None
        answered_at = self._answered_at(values)
        if answered_at is not None and answered_at < opened_at:
            raise Refused("answered-before-opened")
        return answered_at

    def _due(self, values: Values, opened_at: datetime, targets: Targets) -> datetime | None:
        """When the file says it is due, else what the service's target makes it."""
        due_at = self._due_at(values)
        if due_at is not None and due_at < opened_at:
            if not self._allowed.drop_due_before_opened:
                raise Refused("due-before-opened")
            self._corrections.append("due-before-opened")
            due_at = None
        if due_at is None and targets.resolution is not None:
            return opened_at + targets.resolution
        return due_at

    def _in_clock_gap(self) -> None:
        if not self._allowed.shift_times_in_clock_gap:
            raise Refused("time-in-clock-gap")
        self._corrections.append("time-in-clock-gap")
