"""The envelope: nothing of an event is lost on its way, others' libraries understand it, and bad ones are named."""

import base64
import json
import string
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings import kafka as peer
from cloudevents.core.v1.event import CloudEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.cloudevents import (
    STRUCTURED,
    Event,
    Headers,
    InvalidEvent,
    attributes,
    from_kafka,
    to_binary,
    to_structured,
)
from shared.inbox.received import receive

SOURCE = "/civicloop/feedback"
BINARY: Headers = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/here"), ("ce_type", b"it.happened")]
MEMBERS = {"specversion": "1.0", "id": "1", "source": "/here", "type": "it.happened"}

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

letters = string.ascii_lowercase + string.digits
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
names = st.text(letters, min_size=1, max_size=20).filter(
    lambda name: name not in Event.__struct_fields__ and name != "data"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
json_types = st.sampled_from(["application/json", "application/json; charset=utf-8", "Application/Geo+JSON"])
contents = st.one_of(
    st.tuples(json_types, json_values.map(lambda value: json.dumps(value).encode())),
    st.tuples(st.sampled_from(["application/octet-stream", "text/plain"]), st.binary(max_size=50)),
    st.tuples(json_types, st.none()),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    content_type, data = draw(contents)
    optional = st.none() | texts
    return Event(
        id=draw(texts),
        source=draw(texts),
        type=draw(texts),
        data=data,
        time=draw(optional),
        subject=draw(optional),
        datacontenttype=content_type,
        dataschema=draw(optional),
        extensions=draw(st.dictionaries(names, texts, max_size=3)),
    )


def structured(members: Any, content_type: str = STRUCTURED) -> tuple[Headers, bytes]:
    """A message in structured mode, as it comes from a topic."""
    value = members if isinstance(members, bytes) else json.dumps(members).encode()
    return [("content-type", content_type.encode())], value


@patient
@given(events())
def test_binary_mode_keeps_all_of_an_event(event: Event) -> None:
    assert from_kafka(*to_binary(event)) == event


@patient
@given(events())
def test_structured_mode_keeps_all_of_an_event(event: Event) -> None:
    assert from_kafka(*structured(to_structured(event))) == event


def test_a_binary_message_is_written_as_the_binding_says() -> None:
    headers, value = to_binary(Event("1", "/here", "it.happened", b'{"a": 1}', datacontenttype="application/json"))
    assert sorted(headers) == sorted([*BINARY, ("content-type", b"application/json")])
    assert value == b'{"a": 1}'


def test_structured_data_stands_in_the_event_as_it_was_published() -> None:
    """Byte for byte: no number or blank is written another way."""
    data = b'{"b":1.10, "a":"\\u00e4"}'
    assert data in to_structured(Event("1", "/here", "it.happened", data, datacontenttype="application/json"))


@pytest.mark.parametrize(
    "content_type",
    ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8", "application/cloudevents"],
)
def test_the_content_type_alone_makes_a_message_structured(content_type: str) -> None:
    """Whatever `ce_` headers it has besides (where the cloudevents package would take it as binary)."""
    headers, value = structured(MEMBERS | {"id": "inside"}, content_type)
    assert from_kafka([*headers, *BINARY], value).id == "inside"


@pytest.mark.parametrize("content_type", ["application/json", "APPLICATION/JSON", "text/cloudevents"])
def test_any_other_content_type_makes_a_message_binary(content_type: str) -> None:
    event = from_kafka([*BINARY, ("content-type", content_type.encode())], b"{}")
    assert (event.id, event.datacontenttype, event.data) == ("1", content_type, b"{}")


def test_attributes_of_a_binary_message_are_found_whatever_their_case() -> None:
    event = from_kafka([(name.upper(), value) for name, value in BINARY], b"{}")
    assert attributes(event) == MEMBERS


def test_a_header_without_a_value_says_nothing() -> None:
    assert from_kafka([*BINARY, ("ce_subject", None), ("content-type", None)], None) == from_kafka(BINARY, None)


def test_whole_numbers_and_truth_values_are_attributes_too() -> None:
    event = from_kafka(*structured(MEMBERS | {"sequence": 7, "urgent": True, "subject": None}))
    assert event.extensions == {"sequence": "7", "urgent": "true"}
    assert event.subject is None


DATA = {
    "of no type are JSON": ({"data": {"a": 1}}, b'{"a": 1}'),
    "of a JSON type are JSON": ({"data": "a", "datacontenttype": "text/json"}, b'"a"'),
    "of another type are what their text says": ({"data": "a\nä", "datacontenttype": "text/plain"}, "a\nä".encode()),
    "in base64 are bytes": ({"data_base64": base64.b64encode(b"\0\xff").decode()}, b"\0\xff"),
    "in base64 are bytes, of whatever type": ({"data_base64": "bm8=", "datacontenttype": "application/json"}, b"no"),
    "may be null": ({"data": None}, b"null"),
    "may be absent": ({}, None),
}


@pytest.mark.parametrize("case", DATA)
def test_structured_data(case: str) -> None:
    members, expected = DATA[case]
    assert from_kafka(*structured(MEMBERS | members)).data == expected


BAD: dict[str, tuple[tuple[Headers, bytes | None], str]] = {
    "nothing at all": (([], None), "id, source, type missing"),
    "no id": (([header for header in BINARY if header[0] != "ce_id"], b"{}"), "id missing"),
    "an empty source": (([*BINARY, ("ce_source", b"")], b"{}"), "source missing"),
    "no version": ((BINARY[1:], b"{}"), "specversion"),
    "another version": (([*BINARY, ("ce_specversion", b"0.3")], b"{}"), "0.3"),
    "a header that is not UTF-8": (([*BINARY, ("ce_subject", b"\xff")], b"{}"), "ce_subject is not UTF-8"),
    "a content type that is not UTF-8": (([*BINARY, ("content-type", b"\xff")], b"{}"), "content-type is not UTF-8"),
    "no JSON": (structured(b"{not json"), "not a JSON object"),
    "no object": (structured([MEMBERS]), "not a JSON object"),
    "an empty value": (structured(b""), "not a JSON object"),
    "a member that is not UTF-8": (structured(b'{"id": "\xff"}'), "id is not usable"),
    "half a surrogate": (structured(b'{"id": "\\ud800"}'), "not a JSON object"),
    "an attribute that is a list": (structured(MEMBERS | {"subject": []}), "subject is not usable"),
    "an attribute that is a fraction": (structured(MEMBERS | {"subject": 1.5}), "subject is not usable"),
    "a number without end": (structured(b'{"sequence": ' + b"9" * 5_000 + b"}"), "sequence is not usable"),
    "no source": (structured({"specversion": "1.0", "id": "1", "type": "t"}), "source missing"),
    "an id that is null": (structured(MEMBERS | {"id": None}), "id missing"),
    "data that is no base64": (structured(MEMBERS | {"data_base64": "!"}), "base64"),
    "data in two ways": (structured(MEMBERS | {"data": 1, "data_base64": "bm8="}), "exclude each other"),
    "nested too deep": (structured(b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "not a JSON object"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_wrong_with_a_message_is_named(bad: str) -> None:
    message, named = BAD[bad]
    with pytest.raises(InvalidEvent, match=named):
        from_kafka(*message)


def test_nul_stays_in_text_and_data() -> None:
    headers = [*BINARY, ("ce_subject", b"a\0b")]
    event = from_kafka(headers, b"\0")
    assert (event.subject, event.data) == ("a\0b", b"\0")
    assert from_kafka(*structured(to_structured(event.__replace__(datacontenttype="text/plain")))).subject == "a\0b"


def record(headers: Headers, value: bytes | None, partition: int = 0) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord(
        "civicloop.feedback.v1", partition, 0, 0, 0, b"key", value, None, 3, len(value or b""), tuple(headers)
    )


NUMBERED: Headers = [
    ("ce_source", f"{SOURCE}/3".encode()),
    ("ce_type", b"it.happened"),
    ("ce_sequence", b"%020d" % 12),
    ("ce_specversion", b"1.0"),
    ("ce_id", b"1"),
]


@patient
@given(st.permutations(NUMBERED))
def test_an_event_of_a_numbered_source_is_found_whatever_the_order_of_its_headers(headers: Headers) -> None:
    received = receive(record(headers, b"{}", 3), SOURCE)
    assert (received.type, received.part, received.sequence, received.data) == ("it.happened", 3, 12, b"{}")


def replaced(name: str, value: bytes | None) -> Headers:
    return [(n, value if n == name else v) for n, v in NUMBERED]


UNNUMBERED = {
    "no sequence": [header for header in NUMBERED if header[0] != "ce_sequence"],
    "a sequence without a value": replaced("ce_sequence", None),
    "a sequence in words": replaced("ce_sequence", b"twelve"),
    "a sequence with a sign": replaced("ce_sequence", b"+12"),
    "a sequence with a line": replaced("ce_sequence", b"1_2"),
    "a sequence of 5,000 digits": replaced("ce_sequence", b"9" * 5_000),
    "a sequence that no source assigns": replaced("ce_sequence", b"0"),
    "a source without a value": replaced("ce_source", None),
    "a source without a part": replaced("ce_source", SOURCE.encode()),
    "a source whose part is no number": replaced("ce_source", f"{SOURCE}/²".encode()),
    "a source that is not UTF-8": replaced("ce_source", b"\xff/3"),
    "a foreign source": replaced("ce_source", b"/elsewhere/3"),
    "a foreign part": replaced("ce_source", f"{SOURCE}/4".encode()),
    "a type without a value": replaced("ce_type", None),
    "a type that is not UTF-8": replaced("ce_type", b"\xff"),
}


@pytest.mark.parametrize("bad", UNNUMBERED)
def test_an_event_that_no_numbered_source_sends_is_refused(bad: str) -> None:
    with pytest.raises(InvalidEvent):
        receive(record(UNNUMBERED[bad], b"{}", 3), SOURCE)


@pytest.mark.parametrize("bad", [name for name in UNNUMBERED if "UTF-8" not in name])
def test_nor_one_in_structured_mode(bad: str) -> None:
    members = {name.removeprefix("ce_"): value and value.decode() for name, value in UNNUMBERED[bad]}
    with pytest.raises(InvalidEvent):
        receive(record(*structured(members), 3), SOURCE)


fragments = st.sampled_from([*(value for _, value in NUMBERED), b"\xff", b"\0", b'{"id": "\xff"}', b"{}", b"[", b""])
header_names = st.sampled_from([*(name for name, _ in NUMBERED), "content-type", "ce_", "CE_ID", ""])
values = st.none() | fragments | st.binary(max_size=40) | st.sampled_from([STRUCTURED.encode(), b"application/json"])


@patient
@given(st.lists(st.tuples(header_names, values), max_size=7), values)
def test_whatever_stands_on_a_topic_is_an_event_or_is_refused(headers: Headers, value: bytes | None) -> None:
    """Anything else that is raised would end the worker, again and again."""
    with suppress(InvalidEvent):
        receive(record(headers, value, 3), SOURCE)


# The cloudevents package as a peer: both ways, both modes.

TIME = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
THEIRS = {"id": "1", "source": "/here", "type": "it.happened", "time": TIME, "subject": "äöü", "sequence": "007"}
OURS = Event(
    id="1",
    source="/here",
    type="it.happened",
    data=b'{"value": "\xc3\xa4"}',
    time="2026-03-01T12:30:15.250000Z",
    subject="äöü",
    datacontenttype="application/json",
    extensions={"sequence": "007"},
)


def test_the_peer_reads_our_binary_messages() -> None:
    headers, value = to_binary(OURS)
    told = peer.from_kafka_event(peer.KafkaMessage(dict(headers), None, value or b""))
    expected = THEIRS | {"specversion": "1.0", "datacontenttype": "application/json"}
    assert told.get_attributes() == expected
    assert told.get_data() == {"value": "ä"}


def test_the_peer_reads_our_structured_messages() -> None:
    headers, value = structured(to_structured(OURS))
    told = peer.from_kafka_event(peer.KafkaMessage(dict(headers), None, value))
    assert told.get_attributes() == THEIRS | {"specversion": "1.0", "datacontenttype": "application/json"}
    assert told.get_data() == {"value": "ä"}


@pytest.mark.parametrize("write", [peer.to_binary_event, peer.to_structured_event])
@pytest.mark.parametrize(
    ("content_type", "data", "expected"),
    [
        ("application/json", {"value": "ä"}, {"value": "ä"}),
        ("text/plain", 'so "ä" says', 'so "ä" says'.encode()),
        ("application/octet-stream", b"\0\xff", b"\0\xff"),
    ],
)
def test_we_read_the_peers_messages(write: Any, content_type: str, data: Any, expected: Any) -> None:
    written = write(CloudEvent(THEIRS | {"datacontenttype": content_type, "specversion": "1.0"}, data))
    event = from_kafka(list(written.headers.items()), written.value)
    assert attributes(event) == attributes(OURS) | {"datacontenttype": content_type}
    assert event.data is not None
    assert (msgspec.json.decode(event.data) if content_type == "application/json" else event.data) == expected
