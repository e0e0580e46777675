"""How the fields of a row are read: each function makes a reader, once per file, that is called for every row.

A reader takes the values of a record, whose last one is always empty: position -1 stands for one that is not there.
`correct` counts something that was set right; a reader that cannot go on raises Refused.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from services.feedback.imports.mapping import Answer, Channels, Districts, Resolutions, State
from services.feedback.imports.times import BadTime, LocalClock
from shared.text import clean

Values = list[str]
Correct = Callable[[str], None]
Position = Callable[[str | None], int]

LONGEST_TEXT = 4_000
"""Characters of a description, an address or an answer: as many as a citizen may write."""


class Refused(Exception):
    """The row cannot be taken; `reason` is a slug that quotes nothing of the row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def nothing(_: Values) -> None:
    """The reader of a field that the mapping does not have."""


def text(position: int, field: str) -> Callable[[Values], str | None]:
    """Free text; None where it is blank."""

    def read(values: Values) -> str | None:
        found = clean(values[position]).strip()
        if len(found) > LONGEST_TEXT:
            raise Refused(f"{field}-too-long")
        return found or None

    return read if position >= 0 else nothing


def moment(
    position: int, field: str, clock: LocalClock, earliest: datetime, latest: datetime
) -> Callable[[Values], datetime | None]:
    """A time; None where it is blank."""

    def read(values: Values) -> datetime | None:
        found = values[position]
        if not found or found.isspace():
            return None
        try:
            at = clock(found)
        except BadTime as error:
            raise Refused(f"{field}-unreadable") from error
        if earliest <= at <= latest:
            return at
        raise Refused(f"{field}-too-early" if at < earliest else f"{field}-in-the-future")

    return read if position >= 0 else nothing


def entry(
    table: Districts | Channels | None, field: str, at: Position, correct: Correct
) -> Callable[[Values], str | None]:
    """What a table says a value means."""
    if table is None:
        return nothing
    position, meanings, refuse = at(table.column), table.values, table.unknown == "refuse"

    def read(values: Values) -> str | None:
        value = values[position]
        return meanings[value] if value in meanings else trimmed(value.strip())

    def trimmed(value: str) -> str | None:
        if not value or value in meanings:
            return meanings.get(value)
        if refuse:
            raise Refused(f"unknown-{field}")
        correct(f"unknown-{field}")
        return None

    return read


def says_closed(state: State | None, at: Position) -> Callable[[Values], bool] | None:
    """Whether a row says that it is closed; None where its closing time alone says so."""
    if state is None:
        return None
    position, closed = at(state.column), frozenset(state.closed)
    return lambda values: values[position].strip() in closed


def answer(part: Answer | None, at: Position) -> Callable[[Values], str | None]:
    """The text of the public answer; None where there is none."""
    if part is None:
        return nothing
    position, strip = at(part.column), re.compile(part.strip).match

    def read(values: Values) -> str | None:
        value = values[position]
        found = clean(_after(strip(value), value)).strip()
        if len(found) > LONGEST_TEXT:
            raise Refused("answer-too-long")
        return found or None

    return read


def resolution(part: Resolutions, at: Position) -> Callable[[Values], str]:
    """How a closed request ended."""
    position, strip, otherwise = at(part.column), re.compile(part.strip).match, part.otherwise
    rules = [(re.compile(rule.pattern).match, rule.resolution) for rule in part.rules]

    def read(values: Values) -> str:
        value = values[position]
        rest = _after(strip(value), value)
        for matches, ending in rules:
            if matches(rest):
                return ending
        return otherwise

    return read


def _after(stripped: re.Match[str] | None, value: str) -> str:
    return (value[stripped.end() :] if stripped else value).strip()


def place(
    latitude: int, longitude: int, drop_bad: bool, correct: Correct
) -> Callable[[Values], tuple[float | None, float | None]]:
    """Coordinates; both None where one is blank."""

    def read(values: Values) -> tuple[float | None, float | None]:
        north, east = values[latitude], values[longitude]
        try:
            if -90 <= (y := float(north)) <= 90 and -180 <= (x := float(east)) <= 180:
                return y, x
        except ValueError:
            if not north.strip() or not east.strip():
                return None, None
        if not drop_bad:
            raise Refused("bad-coordinates")
        correct("bad-coordinates")
        return None, None

    return read


def positions(names: list[str], header: list[str], optional: list[str]) -> Position:
    """Where columns are. Raises MissingColumns."""
    missing = [name for name in names if name not in header and name not in optional]
    doubled = [name for name in names if header.count(name) > 1]
    if missing or doubled:
        raise MissingColumns(missing, doubled)
    index: Mapping[str, int] = {name: header.index(name) for name in names if name in header}
    return lambda column: -1 if column is None else index.get(column, -1)


class MissingColumns(Exception):
    """The file lacks columns that the mapping reads, or has one of them twice."""

    def __init__(self, missing: list[str], doubled: list[str]) -> None:
        super().__init__(f"missing: {missing}, twice: {doubled}")
        self.missing = missing
        self.doubled = doubled
