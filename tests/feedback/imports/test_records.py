"""A stream of bytes as records, however it is cut."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.imports.records import (
    LONGEST,
    Broken,
    CsvRecords,
    Gunzip,
    NdjsonRecords,
    Record,
    Records,
    Unreadable,
)

TRICKY = st.lists(
    st.sampled_from(
        [b"a", b"b,", b",", b'"', b'""', b"\n", b"\r\n", b"\r", "ü".encode(), b"\xff", b"\0", b"\xef\xbb\xbf", b" "]
    ),
    max_size=60,
).map(b"".join)
CUTS = st.lists(st.integers(0, 200), max_size=12)


def read(records: Records, *parts: bytes) -> list[Record]:
    found = [record for part in parts for record in records.feed(part)]
    return found + records.finish()


def csv_records(*parts: bytes) -> list[Record]:
    return read(CsvRecords("utf-8", ","), *parts)


def values(*parts: bytes) -> list[list[str]]:
    return [record[1] for record in csv_records(*parts)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def comparable(records: list[Record]) -> list[object]:
    return [(line, row.reason if isinstance(row, Broken) else row) for line, row in records]


@given(TRICKY, CUTS)
def test_csv_is_the_same_however_it_is_cut(body: bytes, places: list[int]) -> None:
    data = b"\xef\xbb\xbfx,y\n" + body
    assert comparable(csv_records(*cut(data, places))) == comparable(csv_records(data))


@given(TRICKY)
def test_csv_is_the_same_byte_by_byte(body: bytes) -> None:
    data = b"\xef\xbb\xbfx,y\n" + body
    assert comparable(csv_records(*(data[at : at + 1] for at in range(len(data))))) == comparable(csv_records(data))


@given(st.lists(st.sampled_from([b'{"a":1}', b'{"a":"\\u00fc"}', b"{", b"\n", b"\r\n", b"\xff", b" "])), CUTS)
def test_ndjson_is_the_same_however_it_is_cut(pieces: list[bytes], places: list[int]) -> None:
    data = b"".join(pieces)
    whole = read(NdjsonRecords(["a"]), data)
    assert comparable(read(NdjsonRecords(["a"]), *cut(data, places))) == comparable(whole)


def test_quoted_values_hold_delimiters_quotes_and_line_ends() -> None:
    assert values(b'x,y\n"a,""b""","c\r\nd\n\ne"\n1,2\n') == [['a,"b"', "c\r\nd\n\ne"], ["1", "2"]]


def test_the_line_of_a_record_is_the_one_at_which_it_ends() -> None:
    assert [line for line, _ in csv_records(b'x\na\n\n"b\nb"\nc')] == [2, 5, 6]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_will_do(end: bytes) -> None:
    assert values(end.join([b"x,y", b"1,2", b"3,4"])) == [["1", "2"], ["3", "4"]]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    records = CsvRecords("utf-8", ",")
    read(records, b"\xef", b"\xbb\xbfx,y\n1,2\n")
    assert records.header == ["x", "y"]


def test_bytes_that_are_not_utf_8_and_nul_break_their_record_only() -> None:
    found = csv_records(b"x,y\n1,2\n\xff,3\n4,\0\n\xc3\xbc,6\n")
    assert comparable(found) == [(2, ["1", "2"]), (3, "bad-encoding"), (4, "nul-character"), (5, ["ü", "6"])]


def test_another_encoding_is_read_as_the_mapping_says() -> None:
    assert read(CsvRecords("windows-1252", ";"), b"x;y\n\x80;\xfc\n")[0][1] == ["€", "ü"]


def test_a_quote_that_is_never_closed_breaks_the_last_record() -> None:
    assert comparable(csv_records(b'x,y\n1,2\n"3,4\n5,6\n')) == [(2, ["1", "2"]), (3, "unclosed-quote")]


def test_a_value_of_ten_megabytes_is_one_value_and_the_next_record_is_whole() -> None:
    big = b"x" * 10_000_000
    assert [
        len(row[0]) for row in values(b'x\n"', *(big[at : at + 65_536] for at in range(0, len(big), 65_536)), b'"\n1\n')
    ] == [
        10_000_000,
        1,
    ]


@pytest.mark.parametrize("start", [b"x\n", b'x\n"'])
def test_a_record_without_end_is_given_up_before_memory_is(start: bytes) -> None:
    records = CsvRecords("utf-8", ",")
    records.feed(start)
    part = b"y" * 999_999 + (b"\n" if start.endswith(b'"') else b"y")
    with pytest.raises(Unreadable, match="longer than"):
        read(records, *[part] * (2 * LONGEST // len(part) + 2))


def test_a_million_columns_are_refused() -> None:
    with pytest.raises(Unreadable, match="1000 are allowed"):
        csv_records(b",".join([b"x"] * 1_000_000) + b"\n1\n")


def test_ndjson_takes_text_of_every_kind_of_value_and_breaks_what_is_no_object() -> None:
    data = b'{"a":"x","b":1.5}\n{"b":null,"c":[1]}\n\n[1]\n{"a":\n{"a":"\\u0000"}\n{"a":true}'
    found = read(NdjsonRecords(["a", "b"]), data)
    assert comparable(found) == [
        (1, ["x", "1.5"]),
        (2, ["", ""]),
        (4, "not-a-json-object"),
        (5, "not-a-json-object"),
        (6, "nul-character"),
        (7, ["true", ""]),
    ]


@given(st.binary(max_size=2_000), CUTS)
def test_gzip_is_the_same_however_it_is_cut(body: bytes, places: list[int]) -> None:
    unpack = Gunzip()
    packed = gzip.compress(body) + gzip.compress(b"second member")
    found = b"".join(piece for part in cut(packed, places) for piece in unpack.pieces(part))
    unpack.finish()
    assert found == body + b"second member"


def test_what_is_not_gzip_and_gzip_that_ends_early_are_named() -> None:
    with pytest.raises(Unreadable, match="is said to be gzip and is not"):
        list(Gunzip().pieces(b"case_enquiry_id,open_dt"))
    unpack = Gunzip()
    list(unpack.pieces(gzip.compress(b"x" * 1_000)[:-4]))
    with pytest.raises(Unreadable, match="ends in its middle"):
        unpack.finish()


def test_a_small_gzip_that_unfolds_to_much_comes_in_small_pieces() -> None:
    pieces = [len(piece) for piece in Gunzip().pieces(gzip.compress(bytes(50_000_000)))]
    assert sum(pieces) == 50_000_000
    assert max(pieces) <= 65_536
