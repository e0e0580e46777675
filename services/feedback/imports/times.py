"""Local times of an export as moments in UTC."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
ISO = "iso"
DAY = timedelta(days=1)
NOTHING = timedelta()


class BadTime(ValueError):
    """Text that is no time in any of the formats, or a time that no clock showed."""


class LocalClock:
    """Reads times of one zone. `shift` is added to each.

    A time that occurred twice, when clocks went back, is taken as the first of the two. One that never occurred,
    when clocks went forward, is read as if they had not (so 02:30 becomes 03:30); `in_gap` hears of it, and may raise.
    """

    def __init__(
        self, zone: ZoneInfo, formats: Sequence[str], shift: timedelta, in_gap: Callable[[], None] = lambda: None
    ) -> None:
        self._zone = zone
        self._formats = formats
        self._iso = formats[0] == ISO
        self._shift = shift
        self._in_gap = in_gap
        self._behind: dict[int, timedelta | None] = {}

    def __call__(self, text: str) -> datetime:
        """The moment that `text` names. Raises BadTime."""
        try:
            if self._iso:
                # Reading it as UTC first is several times as fast as putting a zone to a naive time.
                as_utc = datetime.fromisoformat(text + "Z")
                behind = self._behind.get(as_utc.toordinal())
                if behind is not None:
                    return as_utc - behind
        except (ValueError, OverflowError):
            pass
        return self._slowly(text.strip())

    def _slowly(self, text: str) -> datetime:
        try:
            local = self._parse(text)
            return self._moment(local)
        except OverflowError as error:
            raise BadTime(f"{text[:40]!r} is out of range") from error

    def _parse(self, text: str) -> datetime:
        for form in self._formats:
            try:
                return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)
            except ValueError:
                continue
        raise BadTime(f"{text[:40]!r} is not a time as the mapping writes it")

    def _moment(self, local: datetime) -> datetime:
        if local.tzinfo is not None:
            return local.astimezone(UTC) + self._shift
        behind = self._behind_all_day(local)
        if behind is not None:
            return local.replace(tzinfo=UTC) - behind
        moment = local.replace(tzinfo=self._zone).astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) != local:
            self._in_gap()
        return moment + self._shift

    def _behind_all_day(self, local: datetime) -> timedelta | None:
        """How far UTC's clock is behind the local one, less the shift; None on a day on which clocks change."""
        day = local.toordinal()
        if day not in self._behind:
            midnight = datetime.fromordinal(day).replace(tzinfo=self._zone)
            offsets = {at.utcoffset() for at in (midnight, midnight.replace(fold=1), midnight + DAY)}
            self._behind[day] = (offsets.pop() or NOTHING) - self._shift if len(offsets) == 1 else None
        return self._behind[day]
