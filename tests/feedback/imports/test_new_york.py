"""New York's columns, in both of the ways in which its site writes times, as CSV and as NDJSON."""

from datetime import UTC, datetime

import msgspec
import pytest

from services.feedback.directory.store import store
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from tests.feedback.imports.conftest import Importer
from tests.feedback.imports.files import MAPPINGS, csv_of

SAID = {"version": 1, "changed_at": datetime.now(UTC)}
BOROUGHS = ("bronx", "brooklyn", "manhattan", "queens", "staten-island")
SERVICES = (
    "blocked-driveway",
    "heat-hot-water",
    "illegal-dumping",
    "illegal-parking",
    "missed-collection",
    "noise",
    "plumbing",
    "rodent",
    "street-condition",
    "street-light",
    "unsanitary-condition",
    "water-system",
)
OPEN = {
    "unique_key": "60000001",
    "created_date": "2024-01-02T03:04:05.000",
    "closed_date": "",
    "agency": "HPD",
    "agency_name": "Department of Housing Preservation and Development",
    "complaint_type": "HEAT/HOT WATER",
    "descriptor": "ENTIRE BUILDING",
    "status": "Open",
    "resolution_description": "",
    "due_date": "",
    "borough": "BROOKLYN",
    "community_board": "01 BROOKLYN",
    "incident_zip": "11211",
    "incident_address": "1 GRAND STREET",
    "latitude": "40.71",
    "longitude": "-73.96",
    "open_data_channel_type": "MOBILE",
}
NOISE = {"unique_key": "60000002", "complaint_type": "Noise - Residential", "borough": "Unspecified"}
FIXED = "The Police Department responded to the complaint and took action to fix the condition."
NOTHING = (
    "The Police Department responded to the complaint and with the information available observed no evidence of the "
    "violation at that time."
)
GONE = "The Police Department responded and upon arrival those responsible for the condition were gone."
DUPLICATE = "This complaint is a duplicate of a building-wide condition already reported by another tenant."


@pytest.fixture
async def new_york(importer: Importer) -> Importer:
    """The city's services and boroughs are known, and its mapping is stored."""
    of = {"jurisdiction_id": "new-york", **SAID}
    known = [
        JurisdictionChanged(id="new-york", name="New York", time_zone="America/New_York", **SAID),
        *[DistrictChanged(id=f"new-york.{name}", name=name, **of) for name in BOROUGHS],
        *[ServiceChanged(id=f"new-york.{name}", name=name, status="active", **of) for name in SERVICES],
    ]
    async with importer.database.transaction():
        await store(importer.database, known)
    assert (await importer.put("new-york-311")).status_code == 201
    return importer


def closed(number: int, how: str) -> dict[str, str]:
    return (
        OPEN
        | NOISE
        | {
            "unique_key": str(number),
            "closed_date": "01/02/2024 05:00:00 AM",
            "status": "Closed",
            "resolution_description": how,
        }
    )


async def test_new_york_is_taken(new_york: Importer) -> None:
    rows = [OPEN, closed(2, FIXED), closed(3, NOTHING), closed(4, GONE), closed(5, DUPLICATE), closed(6, "")]
    report = await new_york.take(csv_of(rows), "new-york-311")
    assert (report["taken"], report["corrected"]) == (6, 0)
    stored = await new_york.requests()
    heat = stored["60000001"]
    assert (heat["service_id"], heat["district_id"], heat["channel"]) == (
        "new-york.heat-hot-water",
        "new-york.brooklyn",
        "app",
    )
    assert heat["opened_at"] == datetime(2024, 1, 2, 8, 4, 5, tzinfo=UTC)
    assert stored["2"]["closed_at"] == datetime(2024, 1, 2, 10, tzinfo=UTC)
    endings = [stored[key]["resolution"] for key in ("2", "3", "4", "5", "6")]
    assert endings == ["resolved", "invalid", "declined", "duplicate", "resolved"]
    assert [stored[key]["first_answered_at"] is not None for key in ("2", "6")] == [True, False]


async def test_the_same_rows_as_ndjson_are_the_same_requests(new_york: Importer) -> None:
    await new_york.take(csv_of([OPEN, closed(2, FIXED)]), "new-york-311")
    text = (MAPPINGS / "new-york-311.yaml").read_text().replace("format: csv", "format: ndjson")
    assert (await new_york.put("new-york-311", text)).status_code == 200
    lines = [
        msgspec.json.encode({name: value for name, value in row.items() if value} | {"location": {"latitude": "1"}})
        for row in (OPEN, closed(2, FIXED), closed(3, GONE))
    ]
    report = await new_york.take(b"\n".join([*lines, b"{"]), "new-york-311")
    assert (report["unchanged"], report["taken"], report["refusals"]) == (2, 1, {"not-a-json-object": 1})


@pytest.mark.parametrize("column", ["due_date", "open_data_channel_type", "latitude", "incident_address"])
async def test_columns_that_some_years_lack_may_be_absent(new_york: Importer, column: str) -> None:
    row = {name: value for name, value in OPEN.items() if name != column}
    assert (await new_york.take(csv_of([row]), "new-york-311"))["taken"] == 1


async def test_status_and_closing_time_that_contradict_each_other(new_york: Importer) -> None:
    timeless = OPEN | {"unique_key": "1", "status": "Closed"}
    reopened = closed(2, FIXED) | {"status": "In Progress"}
    report = await new_york.take(csv_of([timeless, reopened]), "new-york-311")
    assert report["refusals"] == {"closed-at-missing": 1}
    assert report["corrections"] == {"open-with-closing-time": 1}
    assert (await new_york.requests())["2"]["status"] == "open"


async def test_other_complaint_types_are_refused_by_name_of_the_reason(new_york: Importer) -> None:
    report = await new_york.take(csv_of([OPEN | {"complaint_type": "Graffiti"}]), "new-york-311")
    assert report["refusals"] == {"unknown-service": 1}
