"""Files to import: Boston's own, and small ones made up in the columns of a city."""

import csv
import gzip
import io
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAPPINGS = ROOT / "deploy" / "mappings"
EXTRACT = ROOT / "deploy" / "cities" / "boston" / "requests.csv.gz"
SHARED = ROOT.parent / "shared" / "data" / "boston-311"
YEARS = (2013, 2014, 2015, 2016, 2017, 2019)

BOSTON = {
    "case_enquiry_id": "1",
    "open_dt": "2017-05-01 08:00:00",
    "sla_target_dt": "",
    "closed_dt": "",
    "closure_reason": " ",
    "case_title": "Dead rat",
    "type": "Pick up Dead Animal",
    "location": "1 City Hall Sq",
    "neighborhood": "Back Bay",
    "latitude": "42.36",
    "longitude": "-71.05",
    "source": "Citizens Connect App",
}
CLOSED = {"closed_dt": "2017-05-02 09:00:00", "closure_reason": "Case Closed Case Resolved picked up"}


def all_of_boston() -> list[Path]:
    """The city's six files, which lie beside this repository; the calling test is skipped where they do not."""
    files = [SHARED / f"requests-{year}.csv.gz" for year in YEARS]
    if not all(file.exists() for file in files):
        pytest.skip(f"the six whole files of Boston's requests are not in {SHARED}; the committed extract is tested")
    return files


def rows_of(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def boston(*rows: dict[str, str]) -> bytes:
    """A CSV file in Boston's columns; what a row does not name is as in BOSTON."""
    return csv_of([BOSTON | row for row in rows])


def csv_of(rows: Iterable[dict[str, str]]) -> bytes:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
