"""Makes this folder's requests.csv.gz and population.csv from the city's files, in the order given.

`python -m deploy.cities.boston.make_extract REQUESTS.csv.gz... POPULATION.csv`; README.md says what is cut.
"""

import csv
import gzip
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent

END = "2018-01-01"
"""The extract is what was known before this day: a request that was closed later was still open."""

COLUMNS = (
    "case_enquiry_id",
    "open_dt",
    "sla_target_dt",
    "closed_dt",
    "on_time",
    "case_status",
    "closure_reason",
    "case_title",
    "subject",
    "reason",
    "type",
    "department",
    "location",
    "neighborhood",
    "location_zipcode",
    "latitude",
    "longitude",
    "source",
)

# Words that the city's software writes in front of what people write.
OPENING = re.compile(r"Case Closed(?:\. Closed date : \S+ \S+)? ")
CATEGORY = re.compile(
    r"(?:Case (?:Resolved|Noted|Invalid|Referred)|Duplicate of Existing Case|Internal Case|:"
    r"|ABATED: Abatement Issued|ADCLSD: Administratively Closed|CLOSED: Closed/No Permit|CORR: Corrected"
    r"|NEWOWN: Closed-New Owner|NOACC: Closed-No Access|NOBASE: No Basis|NOVIO: No Violation Found/No Cause"
    r"|ROA: Refer to Other Agency/Division|TFA: Tenant Failed Apt.Was Not Home"
    r"|TICKET: Ticket Issued|VIOCOR: Violation Corrected|VIOISS: Violation Filed|VIOLFND: Violation Found)"
)
TEXT_CUT = "(text cut)"
# "12", "12-14", "12A", "27hf", "6 -24", "15 1/2".
HOUSE_NUMBER = re.compile(r"^\d[\dA-Za-z-]*(?: -?\d[\dA-Z/]*)*\s+")

Row = dict[str, str]


def rows_of(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def extract(row: Row) -> Row:
    known = row if row["closed_dt"] < END else still_open(row)
    return {column: SCRUB.get(column, str)(known[column]) for column in COLUMNS}


def still_open(row: Row) -> Row:
    return row | {"case_status": "Open", "closed_dt": "", "on_time": "", "closure_reason": ""}


def leading_category(reason: str) -> str:
    """`Case Closed` and the category; whether there was free text behind it, but not the text."""
    if not reason.strip():
        return reason
    rest = OPENING.sub("", reason, count=1)
    category = found[0] if (found := CATEGORY.match(rest)) else ""
    told = TEXT_CUT if rest[len(category) :].strip() else ""
    return " ".join(filter(None, ("Case Closed", category, told)))


def without_house_number(location: str) -> str:
    return HOUSE_NUMBER.sub("", location)


def about_100_metres(degrees: str) -> str:
    return f"{float(degrees):.3f}" if degrees.strip() else degrees


SCRUB = {
    "closure_reason": leading_category,
    "location": without_house_number,
    "latitude": about_100_metres,
    "longitude": about_100_metres,
}


def write(path: Path, rows: Iterable[Row]) -> int:
    # Without a name and a time in the file's header, the same source gives the same bytes.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        count = sum(1 for row in rows if writer.writerow(row))
        text.detach()
    return count


def main(arguments: list[str]) -> None:
    *requests, population = map(Path, arguments)
    count = write(FOLDER / "requests.csv.gz", (extract(row) for path in requests for row in rows_of(path)))
    text = population.read_text(encoding="utf-8-sig")
    (FOLDER / "population.csv").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{count} requests\n")


if __name__ == "__main__":
    main(sys.argv[1:])
