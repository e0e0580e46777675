"""A report as a client sends it: form fields, checked against the service's questions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.feedback.directory.domain import Service
from services.feedback.open311.errors import Open311Error
from services.feedback.open311.offers import attributes
from shared.text import clean, clean_line

LONGEST = {
    "description": 4_000, "address_string": 200, "address_id": 200, "zipcode": 20, "channel": 200, "campaign": 200,
}  # fmt: skip
LONGEST_URL, MOST_URLS = 2_000, 10
LATITUDE, LONGITUDE = ("lat", "latitude"), ("long", "lng", "lon", "longitude")
CONTACT = ("email", "device_id", "account_id", "first_name", "last_name", "phone", "title")
LONGEST_CONTACT, LONGEST_VALUE = 200, 4_000
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ATTRIBUTE = re.compile(r"attributes?\[([A-Za-z0-9_.-]{1,100})\](?:\[\d*\])?")
UNFIT = re.compile("[\0\ud800-\udfff]")
URL = re.compile(r"https?://[^\s/]+\S*")

Fields = Mapping[str, Sequence[str]]
"""Values by the name of the field; a field can come more than once."""


class Report(NamedTuple):
    """What was sent, checked."""

    latitude: float | None
    longitude: float | None
    texts: Mapping[str, str]
    media_urls: tuple[str, ...]
    attributes: Mapping[str, Any]
    contact: Mapping[str, str]


def read(fields: Fields, service: Service) -> Report:
    """A report for a service. Raises Open311Error (400), which names every fault."""
    faults: list[str] = []
    latitude = _coordinate(fields, LATITUDE, 90, faults)
    longitude = _coordinate(fields, LONGITUDE, 180, faults)
    if bool(first(fields, *LATITUDE)) != bool(first(fields, *LONGITUDE)):
        faults.append("lat and long belong together")
    texts = {name: value for name, longest in LONGEST.items() if (value := text(fields, name, longest, faults))}
    if latitude is None and "address_string" not in texts and "address_id" not in texts and not faults:
        faults.append("a location is needed: lat and long, address_string or address_id was not provided")
    pictures = media_urls(fields, faults)
    left = contact(fields, faults)
    answers = _answers(fields, service, faults)
    if faults:
        raise Open311Error(400, *faults)
    return Report(latitude, longitude, texts, pictures, answers, left)


def contact(fields: Fields, faults: list[str]) -> dict[str, str]:
    """Who can be asked back."""
    left = {name: value for name in CONTACT if (value := text(fields, name, LONGEST_CONTACT, faults))}
    if (email := left.get("email")) and not EMAIL.fullmatch(email):
        faults.append("email is no address")
    return left


def media_urls(fields: Fields, faults: list[str]) -> tuple[str, ...]:
    """Where the client's pictures are: as many as are kept, each once."""
    sent = [*fields.get("media_url", ()), *fields.get("media_url[]", ())]
    found = tuple(dict.fromkeys(url.strip() for url in sent if url.strip()))[:MOST_URLS]
    if not all(map(is_web_address, found)):
        faults.append("media_url is no web address")
    return found


def is_web_address(text: str) -> bool:
    """Whether a picture may be there."""
    return len(text) <= LONGEST_URL and not UNFIT.search(text) and URL.fullmatch(text) is not None


def first(fields: Fields, *names: str) -> str:
    """The first value of a field, under the first of its names that has one."""
    return next((value for name in names for value in fields.get(name, ()) if value.strip()), "").strip()


def text(fields: Fields, name: str, longest: int, faults: list[str]) -> str:
    """The text of a field; what is wrong with it is added to `faults`."""
    found = first(fields, name)
    if len(found) > longest:
        faults.append(f"{name} has {len(found):,} characters; {longest:,} are taken")
    if UNFIT.search(found):
        faults.append(f"{name} holds a character that cannot be kept")
    return clean(found).strip() if name == "description" else clean_line(found)


def _coordinate(fields: Fields, names: Sequence[str], bound: int, faults: list[str]) -> float | None:
    text = first(fields, *names)
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not -bound <= value <= bound:
        faults.append(f"{names[0]} is no number from -{bound} to {bound}")
        return None
    return value


def _answers(fields: Fields, service: Service, faults: list[str]) -> dict[str, Any]:
    sent: dict[str, list[str]] = {}
    for name, values in fields.items():
        if (match := ATTRIBUTE.fullmatch(name)) is not None:
            sent.setdefault(match[1], []).extend(value for value in values if value.strip())
    questions = {
        each["code"]: each for each in attributes(service) if each.get("variable", True) or each.get("automated")
    }
    answers: dict[str, Any] = {}
    for code, question in questions.items():
        replies = sent.get(code)
        if replies:
            answers[code] = _answer(code, question, replies, faults)
        elif question.get("required") and not question.get("automated"):
            faults.append(f"attribute[{code}] was not provided")
    return answers


def _answer(code: str, question: Mapping[str, Any], values: Sequence[str], faults: list[str]) -> Any:
    datatype = question["datatype"]
    if datatype.endswith("valuelist"):
        keys = {each["key"] for each in question.get("values", ())}
        faults += [f"attribute[{code}]: {value[:100]!r} is none of its values" for value in values if value not in keys]
        return list(dict.fromkeys(values)) if datatype == "multivaluelist" else values[0]
    value = values[0].strip()
    if not _is(datatype, value):
        faults.append(f"attribute[{code}] is no {datatype}")
    return clean(value)


def _is(datatype: str, value: str) -> bool:
    if len(value) > LONGEST_VALUE or "\0" in value:
        return False
    try:
        if datatype == "number":
            return float(value) - float(value) == 0
        if datatype == "datetime":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[str]]:
    """Fields from the pairs of a form; files are passed over."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields
