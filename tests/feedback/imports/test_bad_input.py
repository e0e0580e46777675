"""Files as bad as real ones: a bad row is refused with its reason and the rest goes on; a bad file is told why."""

import gzip

import pytest

from tests.feedback.imports.conftest import Importer
from tests.feedback.imports.files import BOSTON, CLOSED, boston

GOOD_BEFORE, GOOD_AFTER = {"case_enquiry_id": "before"}, {"case_enquiry_id": "after"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"type": "Flying Saucer"}, "unknown-service"),
        ({"case_enquiry_id": " "}, "no-id"),
        ({"case_enquiry_id": "1" * 201}, "id-too-long"),
        ({"open_dt": ""}, "opened-at-missing"),
        ({"open_dt": "yesterday"}, "opened-at-unreadable"),
        ({"open_dt": "0000-01-01 00:00:00"}, "opened-at-unreadable"),
        ({"open_dt": "0001-01-01 00:00:00"}, "opened-at-too-early"),
        ({"open_dt": "9999-01-01 00:00:00"}, "opened-at-in-the-future"),
        ({"open_dt": "9999-12-31 23:59:59"}, "opened-at-unreadable"),
        (CLOSED | {"closed_dt": "9999-01-01 00:00:00"}, "closed-at-in-the-future"),
        (CLOSED | {"closed_dt": "2017-02-30 00:00:00"}, "closed-at-unreadable"),
        (CLOSED | {"closed_dt": "2017-05-01 07:58:59"}, "closed-before-opened"),
        ({"sla_target_dt": "9999-01-01 00:00:00"}, "due-at-in-the-future"),
        ({"case_title": "x" * 10_000_000}, "description-too-long"),
        ({"location": "x" * 4_001}, "address-too-long"),
        (CLOSED | {"closure_reason": "x" * 4_001}, "answer-too-long"),
        ({"case_title": "a\0b"}, "nul-character"),
    ],
)
async def test_a_bad_row_is_refused_and_the_rest_goes_on(importer: Importer, row: dict[str, str], reason: str) -> None:
    report = await importer.take(boston(GOOD_BEFORE, row, GOOD_AFTER))
    assert (report["taken"], report["refusals"], report["samples"]) == (2, {reason: 1}, [{"line": 3, "reason": reason}])
    assert (await importer.requests()).keys() == {"before", "after"}


@pytest.mark.parametrize(
    ("row", "correction"),
    [
        (CLOSED | {"closed_dt": "2017-05-01 07:59:00"}, "closed-before-opened"),
        ({"sla_target_dt": "2017-04-01 00:00:00"}, "due-before-opened"),
        ({"latitude": "91"}, "bad-coordinates"),
        ({"longitude": "nan"}, "bad-coordinates"),
        ({"latitude": "north"}, "bad-coordinates"),
        ({"neighborhood": "Atlantis"}, "unknown-district"),
        ({"source": "Telepathy"}, "unknown-channel"),
        ({"open_dt": "2017-03-12 02:30:00"}, "time-in-clock-gap"),
    ],
)
async def test_what_the_mapping_allows_is_set_right_and_counted(
    importer: Importer, row: dict[str, str], correction: str
) -> None:
    report = await importer.take(boston({"case_enquiry_id": "before"}, row))
    assert (report["taken"], report["corrected"], report["corrections"]) == (2, 1, {correction: 1})
    assert (await importer.take(boston(row)))["corrected"] == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (CLOSED | {"closed_dt": "2017-05-01 07:59:59"}, "closed-before-opened"),
        ({"sla_target_dt": "2017-04-01 00:00:00"}, "due-before-opened"),
        ({"latitude": "91"}, "bad-coordinates"),
        ({"neighborhood": "Atlantis"}, "unknown-district"),
        ({"source": "Telepathy"}, "unknown-channel"),
        ({"open_dt": "2017-03-12 02:30:00"}, "time-in-clock-gap"),
    ],
)
async def test_what_the_mapping_does_not_allow_is_refused(importer: Importer, row: dict[str, str], reason: str) -> None:
    text = (await importer.client.get("/v1/mappings/boston-311")).text
    strict = text.partition("corrections:")[0].replace("unknown: none", "unknown: refuse")
    assert (await importer.put("boston-311", strict)).status_code == 200
    assert (await importer.take(boston(row)))["refusals"] == {reason: 1}


@pytest.mark.parametrize(
    "row", [{"neighborhood": ""}, {"neighborhood": " "}, {"neighborhood": "Boston"}, {"latitude": ""}]
)
async def test_what_is_not_given_is_not_a_fault(importer: Importer, row: dict[str, str]) -> None:
    report = await importer.take(boston(row))
    assert (report["taken"], report["corrected"]) == (1, 0)


async def test_half_a_row_and_broken_bytes_are_refused_by_line(importer: Importer) -> None:
    lines = boston(*[{"case_enquiry_id": str(n)} for n in range(4)]).splitlines(keepends=True)
    data = b"".join([lines[0], lines[1], lines[2][:30] + b"\n", lines[3].replace(b"rat", b"r\xe4t"), lines[4][:50]])
    report = await importer.take(data)
    assert report["samples"] == [
        {"line": 3, "reason": "wrong-number-of-values"},
        {"line": 4, "reason": "bad-encoding"},
        {"line": 5, "reason": "wrong-number-of-values"},
    ]
    assert (await importer.requests()).keys() == {"0"}


async def test_a_row_of_a_million_values_is_refused(importer: Importer) -> None:
    report = await importer.take(
        boston({}) + b"," * 1_000_000 + b"\n" + boston({"case_enquiry_id": "2"}).split(b"\n")[1]
    )
    assert (report["taken"], report["refusals"]) == (2, {"wrong-number-of-values": 1})


async def test_a_byte_order_mark_and_other_line_ends_are_taken(importer: Importer) -> None:
    assert (await importer.take(b"\xef\xbb\xbf" + boston({})))["taken"] == 1
    assert (await importer.take(boston({"case_enquiry_id": "2"}).replace(b"\r\n", b"\r")))["taken"] == 1


async def test_a_missing_column_is_named_and_no_row_is_read(importer: Importer) -> None:
    data = boston({}).replace(b"open_dt", b"opened").replace(b"neighborhood", b"hood")
    answer = await importer.post(data)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:civicloop:problem:missing-columns"
    assert answer.json()["columns"] == ["open_dt", "neighborhood"]
    assert not await importer.requests()


async def test_a_column_that_stands_twice_is_named(importer: Importer) -> None:
    answer = await importer.post(boston({}).replace(b"case_title", b"location"))
    assert answer.json()["columns"] == ["case_title", "location"]


@pytest.mark.parametrize("query", [{}, {"shift": "weeks-to-now"}])
@pytest.mark.parametrize(
    ("body", "packed", "kind"),
    [
        (b"", False, "empty-file"),
        (b"\n\n", False, "empty-file"),
        (gzip.compress(b""), True, "empty-file"),
        (boston({}), True, "not-gzip"),
        (gzip.compress(boston({}))[:-5], True, "ends-early"),
        (b",".join([b"x"] * 1_000_000), False, "too-many-columns"),
        (b"x" * 20_000_000, False, "record-too-long"),
        (b"id,open\n1,2\n", False, "missing-columns"),
        (gzip.compress(boston({})), False, "missing-columns"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told_why(
    importer: Importer, body: bytes, packed: bool, kind: str, query: dict[str, str]
) -> None:
    answer = await importer.post(body, gzip=packed, **query)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:civicloop:problem:{kind}")


async def test_what_came_before_the_unreadable_part_is_stored_and_told(importer: Importer) -> None:
    packed = gzip.compress(boston(*[{"case_enquiry_id": str(n)} for n in range(5_000)]))
    answer = await importer.post(packed[:-5], gzip=True)
    assert answer.json()["report"]["taken"] == len(await importer.requests()) > 4_000
    assert (await importer.take(packed, gzip=True))["rows"] == 5_000


async def test_a_quote_that_is_never_closed_takes_only_its_own_rows(importer: Importer) -> None:
    good, bad = boston({}), boston({"case_enquiry_id": "2"}).split(b"\r\n")[1]
    report = await importer.take(good + b'"' + bad + b"\r\n" + bad)
    assert (report["taken"], report["refusals"]) == (1, {"unclosed-quote": 1})


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ({"mapping": "nobody-knows"}, 404, "unknown-mapping"),
        ({"jurisdiction_id": "atlantis"}, 422, "unknown-jurisdiction"),
        ({"shift": "next-week"}, 422, "invalid-input"),
        ({"shift": "99999"}, 422, "invalid-input"),
        ({"jurisdiction_id": "A B"}, 422, "invalid-input"),
    ],
)
async def test_an_import_that_cannot_begin_is_told_why(
    importer: Importer, query: dict[str, str], status: int, kind: str
) -> None:
    answer = await importer.post(boston({}), **{"mapping": "boston-311"} | query)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{kind}")


async def test_an_unknown_packing_is_told(importer: Importer) -> None:
    answer = await importer.client.post(
        "/v1/imports", params={"mapping": "boston-311"}, content=b"x", headers={"Content-Encoding": "br"}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("change", "kind", "ids"),
    [
        (("boston.bed-bugs", "boston.ghosts"), "unknown-service", ["boston.ghosts"]),
        (("boston.roxbury", "boston.atlantis"), "unknown-district", ["boston.atlantis"]),
    ],
)
async def test_a_mapping_to_what_the_catalogue_does_not_have_is_refused_before_any_row(
    importer: Importer, change: tuple[str, str], kind: str, ids: list[str]
) -> None:
    text = (await importer.client.get("/v1/mappings/boston-311")).text
    await importer.put("boston-311", text.replace(*change))
    answer = await importer.post(boston({}))
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:civicloop:problem:{kind}")
    assert answer.json()["ids"] == ids
    assert not await importer.requests()


async def test_every_column_that_boston_reads_is_in_these_files(importer: Importer) -> None:
    answer = await importer.put("boston-311")
    assert set(answer.json()["columns"]) == BOSTON.keys()
