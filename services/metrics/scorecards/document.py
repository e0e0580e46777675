"""Reading a document that somebody wrote, YAML or JSON, so that every part of it is known by its line.

Of YAML all is taken that a scorecard needs, with the plain values of YAML 1.2 (core schema), so that `yes` is a word
and 1e3 a number. Aliases, tags and more than one document are refused: what is reviewed should stand where it is read,
and a few lines of aliases can mean billions of values.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from services.metrics.scorecards.findings import NOT_TAKEN, Document, Finding, Path, named
from shared.text import clean, storable

LARGEST = 262_144
"""Bytes. The default scorecard has 6,000."""
DEEPEST = 12
LONGEST_NUMBER = 40
MOST_FINDINGS = 100

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
INTEGER = re.compile(r"[-+]?\d+")
WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
NO_NUMBERS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
OWN_TAGS = (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class Unreadable(ValueError):
    """A document of which nothing can be said but why it cannot be read."""

    def __init__(self, message: str, right: str, line: int | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(named(()), message, right, line)


def read(data: bytes, *, as_json: bool) -> Document:
    """What a document says. Raises Unreadable."""
    if len(data) > LARGEST:
        raise Unreadable(f"has {len(data):,} bytes", f"a scorecard has at most {LARGEST:,} bytes")
    text = _decoded(data)
    return _read_json(text) if as_json else _read_yaml(text)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is written in UTF-16", "save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"byte {error.start} is not UTF-8", "save it as UTF-8", line) from error


def _read_json(text: str) -> Document:
    findings: list[Finding] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        findings.extend(
            Finding(name, f"{name!r} stands twice in one object", "each name once")
            for name in sorted({name for name in names if names.count(name) > 1})
        )
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg}", "JSON", error.lineno) from error
    except RecursionError as error:
        raise Unreadable("is nested too deep", f"at most {DEEPEST} levels") from error
    except ValueError as error:
        raise Unreadable("holds a number of too many digits", f"at most {LONGEST_NUMBER} digits") from error
    tidied = tidy(value)
    return tidied._replace(findings=[*findings, *tidied.findings][:MOST_FINDINGS])


def tidy(value: Any) -> Document:
    """Plain values that came another way, with their text as it is kept. Raises Unreadable."""
    findings: list[Finding] = []
    return Document(_tidy(value, (), findings), {}, findings)


def _tidy(value: Any, path: Path, findings: list[Finding]) -> Any:
    """The same value with its text as it is kept."""
    if len(path) > DEEPEST:
        raise Unreadable("is nested too deep", f"at most {DEEPEST} levels")
    match value:
        case dict():
            return {name: _tidy(each, (*path, name), findings) for name, each in value.items()}
        case list():
            return [_tidy(each, (*path, place), findings) for place, each in enumerate(value)]
        case str():
            try:
                return clean(storable(value)).strip()
            except ValueError as error:
                findings.append(Finding(named(path), str(error), "text that can be stored and seen"))
                return NOT_TAKEN
        case _:
            return value


def _read_yaml(text: str) -> Document:
    building = _Building()
    try:
        events = yaml.parse(text, yaml.CSafeLoader)
        value = building.documents(events)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise Unreadable(f"is not YAML: {problem}", "YAML, or JSON", line) from error
    return Document(value, building.lines, building.findings[:MOST_FINDINGS])


class _Building:
    """Builds plain values from the events of a YAML parser."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.findings: list[Finding] = []

    def documents(self, events: Iterable[Any]) -> Any:
        """The value of the one document. Raises Unreadable where there is none, or more than one."""
        iterator, value, found = iter(events), None, False
        for event in iterator:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    raise Unreadable("holds more than one document", "one document")
                value, found = self._value(next(iterator), iterator, ()), True
        if not found:
            raise Unreadable("is empty", "a mapping of fields such as id, version and indicators")
        return value

    def _value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self.lines[path] = event.start_mark.line + 1
        if len(path) > DEEPEST:
            raise Unreadable("is nested too deep", f"at most {DEEPEST} levels", event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent):
            return self._refuse(path, f"is the alias *{event.anchor}", "the value itself, written out")
        value = self._content(event, events, path)
        if event.tag not in OWN_TAGS:
            return self._refuse(path, f"has the tag {event.tag}", "the value without a tag")
        return value

    def _content(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._members(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._value(event, events, (*path, len(items))))
            return items
        return self._scalar(event, path)

    def _members(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            name = self._name(event, events, path)
            below = (*path, name)
            again, first_line = name in members, self.lines.get(below)
            value = self._value(next(events), events, below)
            self.lines[below] = event.start_mark.line + 1
            if again:
                self._refuse(below, f"{name!r} stands twice, first on line {first_line}", "each name once")
            members[name] = value
        return members

    def _name(self, event: Any, events: Iterator[Any], path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return clean(event.value)
        self._value(event, events, (*path, "?"))
        self._refuse((*path, "?"), "is the name of a member, and no text", "a name such as weight")
        return "?"

    def _scalar(self, event: Any, path: Path) -> Any:
        text: str = event.value
        if not event.implicit[0]:  # quoted, a block, or tagged as text
            return clean(text).strip()
        if text in WORDS:
            return WORDS[text]
        if NO_NUMBERS.fullmatch(text):
            return float(text.replace(".", ""))
        if not NUMBER.fullmatch(text):
            return clean(text)
        if len(text) > LONGEST_NUMBER:
            return self._refuse(path, "is a number of too many digits", f"at most {LONGEST_NUMBER} digits")
        return int(text) if INTEGER.fullmatch(text) else float(text)

    def _refuse(self, path: Path, message: str, right: str) -> Any:
        self.findings.append(Finding(named(path), message, right, self.lines[path]))
        return NOT_TAKEN
