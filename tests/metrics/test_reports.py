"""The council's report, read as a page and as PDF."""

import base64
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import msgspec
import pytest
from pypdf import PdfReader

from services.metrics.scores.days import Period, first_of, today
from shared.contracts.catalog.places import Brand, ColourPair
from tests.metrics.conftest import Metrics, serving
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

HOSTILE = '<script>alert(1)</script> #emph[=cmd] "\u05d1\u05d3\u05d9\u05e7\u05d4"'
DAY_AS_OF = str(today())
PATH = "/v1/jurisdictions/town/report"
VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """A page's elements in their order, its texts, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


@pytest.fixture
async def town(metrics: Metrics) -> Metrics:
    evil = msgspec.structs.replace(service("evil"), name=HOSTILE)
    brand = Brand(primary=ColourPair(text="#ffffff", background="#7a1f1f"), claim={"en": "We <listen>"})
    city = msgspec.structs.replace(jurisdiction(), brand=brand, languages=("en", "es"))
    events = []
    for name, took in (("potholes", 2 * HOUR), ("lamps", 40 * HOUR), ("evil", 3 * HOUR)):
        for number in range(12):
            opened = NOW - (8 * number + 4) * DAY
            where = ("north", "south")[number % 2]
            asked = [msgspec.structs.replace(each, district_id=f"town.{where}") for each in solved(
                name, opened=opened, took=took)]  # fmt: skip
            events += [*asked, rating(5 if name != "lamps" else 2, name, at=opened, district=where)]
    places = [district("north", 5_000), district("south", 5_000)]
    services = [service("potholes"), service("lamps"), evil, service("quiet")]
    await metrics.receive(city, *places, *services, *events)
    return metrics


async def page(metrics: Metrics, **query: str) -> Page:
    answer = await metrics.http.get(f"{PATH}.html", params={"as_of": DAY_AS_OF, **query}, timeout=120)
    assert answer.status_code == 200, answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    return Page(answer.text)


async def test_a_page_says_scores_with_intervals_and_what_they_rest_on(town: Metrics) -> None:
    found = await page(town)
    assert found.elements[0] == ("html", {"lang": "en"})
    score = await town.get("/v1/jurisdictions/town/score")
    for name, each in score["dimensions"].items():
        [row] = [row for row in found.rows if row[0] == name and len(row) == 5]
        assert row[1] == f"{each['score']:.0f} ({each['low']:.0f}–{each['high']:.0f})"
        assert row[4] == f"{each['coverage']:.0%}".replace("%", " %")
    ranking = await town.get("/v1/rankings", jurisdiction_id="town")
    rows = {row[0]: row for row in found.rows if len(row) == 7 and row[0] != "Service"}
    for each in ranking["items"]:
        row = rows[each["name"]]
        if each["rank"] is None:
            assert row[1:3] == ["–", "–"]
        else:
            tied = ", tied" if each["tied"] else ""
            assert row[1] == f"{each['rank']} ({each['best_rank']}–{each['worst_rank']}){tied}"
    explained = await town.get("/v1/jurisdictions/town/explanation")
    counts = {row[0]: row[6] for row in found.rows if len(row) == 7}
    for each in explained["indicators"]:
        assert counts[each["name"]] == f"{each['n']:,}"


async def test_a_page_runs_nothing_and_each_chart_can_be_heard(town: Metrics) -> None:
    found = await page(town)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "iframe", "object", "embed", "link", "form"}
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in {row[0] for row in found.rows if row}
    images = [attributes for tag, attributes in found.elements if tag == "img"]
    assert len(images) == 2
    for each in images:
        assert len(each["alt"] or "") > 20
        drawn = ET.fromstring(base64.b64decode((each["src"] or "").partition("base64,")[2]))
        assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [one for one in drawn.iter() if one.tag.endswith("}script")]
    headings = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


async def test_a_pdf_says_the_same_and_is_the_same_each_time(town: Metrics, database_url: str) -> None:
    answer = await town.http.get(f"{PATH}.pdf", params={"as_of": DAY_AS_OF, "lang": "en"}, timeout=120)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    reader = PdfReader(io.BytesIO(answer.content))
    text = " ".join(" ".join(one.extract_text() for one in reader.pages).split())
    assert reader.metadata is not None
    assert "Town" in (reader.metadata.title or "")
    for said in ("What the figures rest on", "Potholes", "#emph[=cmd]", "We <listen>"):
        assert said in text
    score = (await town.get("/v1/jurisdictions/town/score"))["public_value"]
    assert f"{score['score']:.0f} ({score['low']:.0f}–{score['high']:.0f})" in text
    async with serving(database_url) as address, httpx.AsyncClient(base_url=address, timeout=120) as other:
        again = await other.get(f"{PATH}.pdf", params={"as_of": DAY_AS_OF, "lang": "en"})
    assert again.content == answer.content
    kept = await town.http.get(
        f"{PATH}.pdf", params={"as_of": DAY_AS_OF}, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (kept.status_code, kept.content) == (304, b"")


async def test_in_spanish_and_of_a_quarter(town: Metrics) -> None:
    found = await page(town, lang="es", period="quarter")
    assert found.elements[0] == ("html", {"lang": "es"})
    assert "valor público" in found.text
    assert "What changed" not in found.text
    assert "Tasa de resolución" in {row[0] for row in found.rows if row}
    assert str(first_of(Period.QUARTER, today()).year) in found.text


async def test_a_city_without_services_or_input(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction())
    for kind in ("html", "pdf"):
        for day in ("0001-01-01", DAY_AS_OF):
            answer = await metrics.http.get(f"{PATH}.{kind}", params={"as_of": day}, timeout=120)
            assert answer.status_code == 200, answer.text
    assert "no services here yet" in Page((await metrics.http.get(f"{PATH}.html", timeout=120)).text).text
    assert await metrics.problem("/v1/jurisdictions/nowhere/report.pdf") == (404, "unknown-jurisdiction")
    assert await metrics.problem(f"{PATH}.html", as_of="9999-01-01") == (422, "future-day")
    assert (await metrics.http.get(f"{PATH}.html", params={"period": "day"})).status_code == 422


async def test_a_report_is_another_once_input_or_the_city_has_changed(metrics: Metrics) -> None:
    async def tag() -> str:
        answer = await metrics.http.get(f"{PATH}.html", params={"as_of": DAY_AS_OF}, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.headers["etag"]

    await metrics.receive(jurisdiction())
    empty = await tag()
    assert await tag() == empty
    await metrics.receive(msgspec.structs.replace(jurisdiction(version=2), name="Harbour"))
    renamed = await tag()
    await metrics.receive(service("potholes"), rating(5, "potholes", at=NOW - DAY))
    first = await tag()
    await metrics.receive(rating(1, "potholes", at=NOW - DAY))
    assert len({empty, renamed, first, await tag()}) == 4
