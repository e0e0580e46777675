"""Boston's requests by service and year with pandas, straight from the files: nothing of the platform is used.

Times are Boston's local ones; years are of UTC days, as the platform's are.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

SERVICES = {
    "Pick up Dead Animal": "boston.dead-animal-pickup",
    "Bed Bugs": "boston.bed-bugs",
    "Pest Infestation - Residential": "boston.pest-infestation",
    "Animal Lost": "boston.animal-lost",
    "Animal Found": "boston.animal-found",
    "Animal Noise Disturbances": "boston.animal-noise",
    "Animal Generic Request": "boston.animal-generic",
}
DUE_AFTER = {"boston.dead-animal-pickup": pd.Timedelta(hours=36)}
"""Where the file gives no time, the service's target does; one request of the 38,766 needs it."""

COLUMNS = ["case_enquiry_id", "type", "open_dt", "sla_target_dt", "closed_dt", "on_time"]


def read(files: Sequence[Path]) -> pd.DataFrame:
    """A row for each request: service, opened, due and closed in UTC."""
    rows = pd.concat(pd.read_csv(file, usecols=COLUMNS, dtype=str) for file in files)
    found = pd.DataFrame({"id": rows["case_enquiry_id"], "service": rows["type"].map(SERVICES)})
    for name, column in (("opened", "open_dt"), ("due", "sla_target_dt"), ("closed", "closed_dt")):
        local = pd.to_datetime(rows[column])
        found[name] = local.dt.tz_localize(
            "America/New_York", ambiguous=pd.Series(True, index=rows.index).to_numpy(), nonexistent="shift_forward"
        ).dt.tz_convert("UTC")
    found["due"] = found["due"].fillna(found["opened"] + found["service"].map(DUE_AFTER))
    # Ten were closed up to 58 seconds before they were opened, by another clock: in the moment of their opening.
    found["closed"] = found["closed"].where(~(found["closed"] < found["opened"]), found["opened"])
    found["city_says"] = rows["on_time"]
    return found.drop_duplicates("id").reset_index(drop=True)


def opened(requests: pd.DataFrame) -> pd.Series:
    """How many were opened, by service and year."""
    return requests.groupby(["service", requests["opened"].dt.year]).size()


def closings(requests: pd.DataFrame) -> pd.DataFrame:
    """By service and year of closing: `closed`, `with_due`, `on_time`; `total` and `median` of the seconds taken."""
    of = requests.dropna(subset="closed")
    of = of.assign(
        year=of["closed"].dt.year,
        seconds=(of["closed"] - of["opened"]).dt.total_seconds(),
        in_time=(of["closed"] <= of["due"]) & of["due"].notna(),
    )
    return of.groupby(["service", "year"]).agg(
        closed=("id", "size"),
        with_due=("due", "count"),
        on_time=("in_time", "sum"),
        total=("seconds", "sum"),
        median=("seconds", "median"),
    )
