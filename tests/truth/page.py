"""docs/boston.md: what the scores say of Boston's seven services, and what they do not.

`python -m tests.truth.page` writes it from page.md; a test holds it against the files, as the platform's figures are.
"""

from pathlib import Path

import pandas as pd

from tests.truth import plain
from tests.truth.conftest import files

PAGE = Path(__file__).parents[2] / "docs" / "boston.md"
TEMPLATE = Path(__file__).parent / "page.md"


def table(frame: pd.DataFrame, years: list[int]) -> str:
    """As Markdown, a row for each service and a column for each year."""
    lines = ["| service | " + " | ".join(map(str, years)) + " |", "|---" * (len(years) + 1) + "|"]
    for service in sorted(plain.SERVICES.values()):
        cells = [str(frame[year].get(service, "–")) if year in frame else "–" for year in years]
        lines.append(f"| {service.removeprefix('boston.')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def render(requests: pd.DataFrame) -> str:
    """The whole page."""
    closings, opened = plain.closings(requests), plain.opened(requests)
    years = sorted({year for _, year in opened.index})
    closed_in = [year for year in years if year < 2020]
    of_time = [
        "–"
        if row.with_due == 0
        else f"{int(row.on_time):,} of {int(row.with_due):,} ({row.on_time / row.with_due:.1%})"
        for row in closings.itertuples()
    ]
    days = closings["median"].map(lambda seconds: f"{seconds / 86_400:,.1f}")
    both = requests.dropna(subset=["closed", "due", "city_says"])
    same = (both["closed"] <= both["due"]) == (both["city_says"] == "ONTIME")
    return TEMPLATE.read_text(encoding="utf-8").format(
        requests=len(requests),
        opened=table(opened.unstack().fillna(0).astype(int), years),
        on_time=table(pd.Series(of_time, closings.index).unstack().fillna("–"), closed_in),
        median=table(days.unstack().fillna("–"), closed_in),
        open=_open(requests),
        never=int(requests["closed"].isna().sum()),
        agrees=int(same.sum()),
        both=len(both),
    )


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "–"


def _open(requests: pd.DataFrame) -> str:
    lines = ["| service | requests | still open | share |", "|---|---|---|---|"]
    for service, of in requests.groupby("service"):
        still = int(of["closed"].isna().sum())
        name = str(service).removeprefix("boston.")
        lines.append(f"| {name} | {len(of):,} | {still:,} | {still / len(of):.0%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(render(plain.read(files())), encoding="utf-8")
