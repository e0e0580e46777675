"""Imports into a real database, over HTTP."""

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest

from tests.feedback.imports.conftest import Importer
from tests.feedback.imports.files import BOSTON, CLOSED, EXTRACT, all_of_boston, boston, rows_of

OPENED_ANSWERED_CLOSED = ["opened", "answered", "closed"]


class BrokeOff(Exception):
    """The sender is gone."""


async def test_every_row_of_boston_is_taken(importer: Importer) -> None:
    files = all_of_boston()
    reports = [await importer.take(file.read_bytes(), gzip=True) for file in files]
    assert sum(report["rows"] for report in reports) == 38_766
    assert sum(report["taken"] for report in reports) == 38_766
    corrections = Counter[str]()
    for report in reports:
        corrections.update(report["corrections"])
    assert corrections == {"closed-before-opened": 10}
    await _is_as_in_the_files(importer, [row for file in files for row in rows_of(file)])


async def test_every_row_of_the_extract_is_taken(importer: Importer) -> None:
    report = await importer.take(EXTRACT.read_bytes(), gzip=True)
    rows = rows_of(EXTRACT)
    assert report["taken"] == report["rows"] == len(rows)
    await _is_as_in_the_files(importer, rows)


async def _is_as_in_the_files(importer: Importer, rows: list[dict[str, str]]) -> None:
    """Counted in the files by other means than the importer's."""
    stored = await importer.requests()
    assert stored.keys() == {row["case_enquiry_id"] for row in rows}
    closed = sum(row["closed_dt"] != "" for row in rows)
    assert sum(row["status"] == "closed" for row in stored.values()) == closed
    events = Counter(await importer.events())
    assert (events["opened"], events["closed"], events["reopened"]) == (len(rows), closed, 0)
    answered = await importer.database.fetchval("SELECT count(*) FROM request WHERE first_answered_at IS NOT NULL")
    assert events["answered"] == answered == await importer.database.fetchval("SELECT count(*) FROM request_answer")
    types = {row["case_enquiry_id"]: row["type"] for row in rows}
    by_type = Counter((types[id_], row["service_id"]) for id_, row in stored.items())
    assert len(by_type) == len({service for _, service in by_type}) == 7


async def test_the_same_file_again_changes_nothing(importer: Importer) -> None:
    await importer.take(EXTRACT.read_bytes(), gzip=True)
    before = await importer.events(), await importer.requests()
    report = await importer.take(EXTRACT.read_bytes(), gzip=True)
    assert (report["unchanged"], report["taken"], report["updated"], report["corrected"]) == (report["rows"], 0, 0, 0)
    assert (await importer.events(), await importer.requests()) == before


async def test_a_row_is_a_request_with_its_life_and_its_events(importer: Importer) -> None:
    await importer.take(boston(CLOSED))
    request = (await importer.requests())["1"]
    assert request["service_id"] == "boston.dead-animal-pickup"
    assert request["district_id"] == "boston.back-bay"
    assert request["channel"] == "app"
    assert request["opened_at"] == datetime(2017, 5, 1, 12, tzinfo=UTC)
    assert request["closed_at"] == request["first_answered_at"] == datetime(2017, 5, 2, 13, tzinfo=UTC)
    # The file does not say when it is due: what the service promises holds.
    assert request["due_at"] == datetime(2017, 5, 1, 12, tzinfo=UTC) + timedelta(hours=36)
    assert request["answer_due_at"] == datetime(2017, 5, 4, 12, tzinfo=UTC)
    assert (request["resolution"], request["status"], request["source"]) == ("resolved", "closed", "boston-311")
    assert (request["description"], request["address"], request["latitude"]) == ("Dead rat", "1 City Hall Sq", 42.36)
    answer = await importer.database.fetchrow("SELECT * FROM request_answer")
    assert (answer["request_id"], answer["text"]) == (request["id"], "Case Resolved picked up")
    rows = await importer.database.fetch("SELECT * FROM outbox ORDER BY seq")
    assert [row["type"] for row in rows] == [f"feedback.request.{step}.v1" for step in OPENED_ANSWERED_CLOSED]
    assert {row["aggregateid"] for row in rows} == {"boston.dead-animal-pickup"}
    event = msgspec.json.decode(rows[2]["payload"])
    assert event["request_id"] == str(request["id"])
    assert (event["closed_at"], event["first_answered_at"]) == ("2017-05-02T13:00:00Z", "2017-05-02T13:00:00Z")


async def test_no_text_or_place_leaves_by_events_or_reports(importer: Importer) -> None:
    secret = "Jane Roe"
    row = CLOSED | {"case_title": secret, "location": secret, "closure_reason": f"Case Closed Case Resolved {secret}"}
    report = await importer.post(boston(row, row | {"case_enquiry_id": "2", "type": secret, "open_dt": secret}))
    assert report.json()["refused"] == 1
    assert secret not in report.text
    payloads = await importer.database.fetch("SELECT payload FROM outbox")
    assert not any(secret.encode() in row["payload"] for row in payloads)


@pytest.mark.parametrize(
    ("reason", "resolution", "answered"),
    [
        ("Case Closed Case Resolved ", "resolved", True),
        ("Case Closed. Closed date : 2016-01-01 13:08:48.557 Case Resolved done", "resolved", True),
        ("Case Closed VIOCOR: Violation Corrected", "resolved", True),
        ("Case Closed Case Noted nothing found", "declined", True),
        ("Case Closed Case Referred to External Agency", "declined", True),
        ("Case Closed ADCLSD: Administratively Closed", "declined", True),
        ("Case Closed. Closed date : 2016-01-01 13:08:48.5 Duplicate of Existing Case see 1", "duplicate", True),
        ("Case Closed Case Invalid wrong category", "invalid", True),
        ("Case Closed Internal Case ", "invalid", True),
        ("Case Closed NOVIO: No Violation Found/No Cause", "invalid", True),
        ("Case Closed. Closed date : 2019-01-01 10:00:00.1 Constituent called back to cancel", "invalid", True),
        ("Case Closed : ", "resolved", False),
        ("Case Closed. Closed date : 2016-01-01 13:08:48.557 ", "resolved", False),
        ("", "resolved", False),
    ],
)
async def test_how_boston_closes(importer: Importer, reason: str, resolution: str, answered: bool) -> None:
    await importer.take(boston(CLOSED | {"closure_reason": reason}))
    request = (await importer.requests())["1"]
    assert (request["resolution"], request["first_answered_at"] is not None) == (resolution, answered)


@pytest.mark.parametrize(
    ("earlier", "later", "events"),
    [
        ({}, CLOSED, OPENED_ANSWERED_CLOSED),
        ({}, CLOSED | {"closure_reason": "Case Closed"}, ["opened", "closed"]),
        (CLOSED, {}, [*OPENED_ANSWERED_CLOSED, "reopened"]),
        (CLOSED, CLOSED | {"closed_dt": "2017-06-01 00:00:00"}, [*OPENED_ANSWERED_CLOSED, "reopened", "closed"]),
        (
            CLOSED,
            CLOSED | {"closure_reason": "Case Closed Case Invalid"},
            [*OPENED_ANSWERED_CLOSED, "reopened", "closed"],
        ),
        (CLOSED | {"closure_reason": "Case Closed"}, CLOSED, ["opened", "closed", "answered"]),
    ],
)
@pytest.mark.parametrize("in_one_file", [True, False])
async def test_a_row_that_moved_on_adds_the_missing_steps(
    importer: Importer, earlier: dict[str, str], later: dict[str, str], events: list[str], in_one_file: bool
) -> None:
    if in_one_file:
        report = await importer.take(boston(earlier, later))
        assert (report["taken"], report["updated"]) == (1, 1)
    else:
        await importer.take(boston(earlier))
        report = await importer.take(boston(later))
        assert (report["taken"], report["updated"]) == (0, 1)
    assert await importer.events() == events
    assert (await importer.take(boston(later)))["unchanged"] == 1
    request = (await importer.requests())["1"]
    ends = {"resolved": "fixed", "invalid": "invalid", None: "open"}
    assert request["status"] == ("closed" if later.get("closed_dt") else "open")
    assert request["state"] == ends[request["resolution"]]
    undone = await importer.database.fetch("SELECT * FROM request_reopening")
    assert len(undone) == events.count("reopened")
    assert all(row["reopened_at"] >= row["closed_at"] for row in undone)


async def test_an_id_that_comes_again_for_something_else_is_refused(importer: Importer) -> None:
    others = [{"open_dt": "2017-05-01 08:00:01"}, {"type": "Bed Bugs"}]
    report = await importer.take(boston({}, {}, *others))
    assert (report["taken"], report["unchanged"]) == (1, 1)
    assert report["refusals"] == {"contradicts-earlier-row": 2}
    assert report["samples"] == [{"line": line, "reason": "contradicts-earlier-row"} for line in (4, 5)]
    assert (await importer.take(boston(*others)))["refused"] == 2


async def test_what_staff_did_here_in_the_meantime_is_not_done_again(importer: Importer) -> None:
    await importer.take(boston({}))
    await importer.database.execute(
        "UPDATE request SET first_answered_at = opened_at + interval '1 hour', acknowledged_at = opened_at, "
        "state = 'investigating', progressed_at = opened_at + interval '2 hours'"
    )
    await importer.take(boston(CLOSED))
    request = (await importer.requests())["1"]
    assert await importer.events() == ["opened", "closed"]
    assert request["first_answered_at"] == request["opened_at"] + timedelta(hours=1)
    assert request["acknowledged_at"] == request["opened_at"]
    assert request["progressed_at"] == request["opened_at"] + timedelta(hours=2)
    assert (request["status"], request["state"]) == ("closed", "fixed")


async def test_an_import_that_broke_off_is_finished_by_the_next(importer: Importer) -> None:
    data = gzip.decompress(EXTRACT.read_bytes())

    async def half() -> AsyncIterator[bytes]:
        for start in range(0, len(data) // 2, 65_536):
            yield data[start : start + 65_536]
        raise BrokeOff

    with pytest.raises(BrokeOff):
        await importer.post(half())
    stored = len(await importer.requests())
    assert 0 < stored < len(rows_of(EXTRACT))
    listed = (await importer.client.get("/v1/imports")).json()["items"]
    assert (listed[0]["ended_at"], listed[0]["taken"]) == (None, stored)
    report = await importer.take(data)
    assert (report["unchanged"], report["taken"]) == (stored, len(rows_of(EXTRACT)) - stored)
    events = Counter(await importer.events())
    assert events["opened"] == len(rows_of(EXTRACT))


async def test_two_imports_of_one_file_at_once_take_each_row_once(importer: Importer) -> None:
    reports = await asyncio.gather(*[importer.take(EXTRACT.read_bytes(), gzip=True) for _ in range(3)])
    count = len(rows_of(EXTRACT))
    assert sum(report["taken"] for report in reports) == count
    assert sum(report["unchanged"] for report in reports) == 2 * count
    assert Counter(await importer.events())["opened"] == count


async def test_the_outbox_is_contiguous_after_imports_at_once(importer: Importer) -> None:
    await asyncio.gather(*[importer.take(EXTRACT.read_bytes(), gzip=True) for _ in range(2)])
    rows = await importer.database.fetch("SELECT part, seq FROM outbox ORDER BY part, seq")
    for one, next_one in pairwise(rows):
        assert next_one["seq"] == (one["seq"] + 1 if one["part"] == next_one["part"] else 1)


async def test_weeks_to_now_ends_the_file_within_the_last_seven_days(importer: Importer) -> None:
    report = await importer.take(EXTRACT.read_bytes(), gzip=True, shift="weeks-to-now")
    assert report["shift_weeks"] > 400
    newest = await importer.database.fetchval("SELECT max(greatest(opened_at, closed_at)) FROM request")
    assert timedelta(0) <= datetime.now(UTC) - newest < timedelta(days=7, minutes=1)
    again = await importer.take(EXTRACT.read_bytes(), gzip=True, shift="weeks-to-now")
    assert (again["shift_weeks"], again["unchanged"]) == (report["shift_weeks"], report["rows"])


async def test_weeks_to_now_stays_what_it_was_when_a_week_has_passed(importer: Importer) -> None:
    first = await importer.take(boston({}), shift="weeks-to-now")
    await importer.database.execute("UPDATE import SET shift_weeks = shift_weeks - 1")
    await importer.database.execute("UPDATE request SET opened_at = opened_at - interval '7 days'")
    again = await importer.take(boston({}), shift="weeks-to-now")
    assert (again["shift_weeks"], again["unchanged"]) == (first["shift_weeks"] - 1, 1)


async def test_a_shift_of_weeks_moves_every_time(importer: Importer) -> None:
    report = await importer.take(boston(CLOSED | {"sla_target_dt": "2017-05-03 00:00:00"}), shift="2")
    request = (await importer.requests())["1"]
    assert report["shift_weeks"] == 2
    assert request["opened_at"] == datetime(2017, 5, 15, 12, tzinfo=UTC)
    assert request["closed_at"] == datetime(2017, 5, 16, 13, tzinfo=UTC)
    assert request["due_at"] == datetime(2017, 5, 17, 4, tzinfo=UTC)


async def test_all_refused_rows_can_be_had(importer: Importer) -> None:
    rows = [{"case_enquiry_id": str(n), "type": "No such thing"} for n in range(100)]
    report = await importer.take(boston(*rows))
    assert (report["refused"], len(report["samples"])) == (100, 20)
    answer = await importer.client.get(f"/v1/imports/{report['import_id']}/refusals")
    found = [msgspec.json.decode(line) for line in answer.text.splitlines()]
    assert found == [{"line": line, "reason": "unknown-service"} for line in range(2, 102)]


async def test_imports_are_listed_by_pages(importer: Importer) -> None:
    made = [(await importer.take(boston({})))["import_id"] for _ in range(3)]
    first = (await importer.client.get("/v1/imports", params={"limit": 2})).json()
    second = (await importer.client.get("/v1/imports", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["import_id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    assert (await importer.client.get(f"/v1/imports/{made[0]}")).json()["taken"] == 1


@pytest.mark.parametrize(("scopes", "status"), [(None, 401), (["feedback:staff"], 403)])
async def test_importing_needs_its_scope(
    anyone: httpx.AsyncClient, importer: Importer, scopes: Any, status: int
) -> None:
    from shared.auth import ensure_key, new_key

    key = new_key()
    headers = {} if scopes is None else {"Authorization": f"Bearer {key}"}
    if scopes is not None:
        await ensure_key(importer.database, key, "staff", scopes)
    del anyone.headers["Authorization"]
    for method, path in (("POST", "/v1/imports?mapping=boston-311"), ("PUT", "/v1/mappings/x"), ("GET", "/v1/imports")):
        assert (await anyone.request(method, path, headers=headers)).status_code == status


async def test_mappings_are_stored_replaced_and_given_back(importer: Importer) -> None:
    assert (await importer.put("boston-311")).status_code == 200
    listed = (await importer.client.get("/v1/mappings")).json()["items"]
    assert [item["name"] for item in listed] == ["boston-311"]
    text = (await importer.client.get("/v1/mappings/boston-311")).text
    assert "America/New_York" in text
    refused = await importer.put("boston-311", text.replace("closed_dt", "5"))
    assert refused.status_code == 422
    assert refused.json()["faults"] == ["fields.closed_at: must be a valid string; put it in quotes"]
    assert (await importer.put("other", text)).status_code == 422


async def test_a_contributor_column_gives_the_same_pseudonym_each_time(importer: Importer) -> None:
    text = (await importer.client.get("/v1/mappings/boston-311")).text
    named = text.replace("  longitude: longitude", "  longitude: longitude\n  contributor: reporter")
    assert (await importer.put("boston-311", named)).status_code == 200
    people = ["ann@example.org", "bob@example.org", "ann@example.org", ""]
    await importer.take(boston(*[{"case_enquiry_id": str(n), "reporter": name} for n, name in enumerate(people)]))
    contributors = [row["contributor"] for _, row in sorted((await importer.requests()).items())]
    assert contributors[0] == contributors[2]
    assert len(set(contributors)) == 3
    assert all(len(name) == 32 and "@" not in name for name in contributors)


async def test_what_every_row_of_boston_has_is_in_the_files_of_these_tests() -> None:
    assert BOSTON.keys() <= rows_of(EXTRACT)[0].keys()
