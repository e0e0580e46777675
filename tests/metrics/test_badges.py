"""Badges: what they say, to whom, in which colours, and what a cache may do with them."""

import xml.etree.ElementTree as ET
from datetime import date

import msgspec
import pytest

from services.metrics.badges.badge import NAME_COLOURS, Badge, svg
from services.metrics.homes.home import PLAIN, legible
from services.metrics.scores.points import Points
from shared.colours import contrast
from shared.contracts.catalog import JurisdictionChanged
from shared.contracts.catalog.places import Brand, ColourPair
from tests.metrics.conftest import Metrics
from tests.metrics.town import HOUR, NOW, jurisdiction, rating, service, solved

SVG = "{http://www.w3.org/2000/svg}"
BRANDED = ColourPair(text="#ffffff", background="#1d4b73")


def town(colours: ColourPair | None = None, languages: tuple[str, ...] = ("en",)) -> JurisdictionChanged:
    return msgspec.structs.replace(jurisdiction(), brand=Brand(primary=colours), languages=languages)


async def picture(metrics: Metrics, path: str = "town.potholes", **query: str) -> ET.Element:
    answer = await metrics.http.get(f"/badges/{path}.svg", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    root = ET.fromstring(answer.content)
    assert root.tag == f"{SVG}svg"
    return root


def said(root: ET.Element) -> str:
    assert root.get("role") == "img"
    title = root[0]
    assert title.tag == f"{SVG}title"
    assert title.text == root.get("aria-label")
    return title.text or ""


def shown(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


async def test_a_badge_says_the_score_to_eyes_and_ears(metrics: Metrics) -> None:
    events = [*solved(opened=NOW - 30 * HOUR, took=HOUR), rating(4)]
    await metrics.receive(town(BRANDED), service(), *events)
    score = (await metrics.get("/v1/services/town.potholes/score"))["dimensions"]["effectiveness"]
    root = await picture(metrics, of="effectiveness")
    numbers = [f"{score[name]:.0f}" for name in ("score", "low", "high")]
    assert shown(root) == ["Potholes", "effectiveness: {} ({}–{})".format(*numbers)]
    assert said(root).startswith("Potholes, effectiveness: {} of 100 (90 % interval {} to {}), as of ".format(*numbers))
    assert {each.get("fill") for each in root if each.tag != f"{SVG}g"} >= {BRANDED.background}


async def test_a_service_without_events_has_no_score_yet(metrics: Metrics) -> None:
    await metrics.receive(town(languages=("es", "en")), service())
    root = await picture(metrics)
    assert shown(root) == ["Potholes", "valor público: aún sin puntuación"]
    assert "aún sin puntuación" in said(root)
    assert shown(await picture(metrics, lang="en-GB"))[1] == "public value: no score yet"
    assert shown(await picture(metrics, lang="../../es"))[1] == "valor público: aún sin puntuación"


async def test_names_do_no_harm(metrics: Metrics) -> None:
    name = '<script>alert("x")</script> & \u202eevil\u0007 ' + "long " * 30
    await metrics.receive(town(), msgspec.structs.replace(service(), name=name))
    answer = await metrics.http.get("/badges/town.potholes.svg")
    assert b"<script" not in answer.content
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    root = ET.fromstring(answer.content)
    assert not [each for each in root.iter() if each.tag == f"{SVG}script"]
    assert shown(root)[0].startswith('<script>alert("x")</script> & evil long')
    assert len(shown(root)[0]) <= 60
    assert "\u202e" not in said(root)


async def test_a_cache_asks_whether_it_has_changed(metrics: Metrics) -> None:
    await metrics.receive(town(), service())
    path = "/badges/town.potholes.svg"
    first = await metrics.http.get(path)
    assert first.headers["cache-control"] == "public, max-age=30"
    tag = first.headers["etag"]
    head = await metrics.http.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers["content-length"] == str(len(first.content))
    again = await metrics.http.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await metrics.receive(rating(2))
    other = await metrics.http.get(path, params={"of": "effectiveness"}, headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["etag"] == tag) == (200, False)


async def test_what_is_none(metrics: Metrics) -> None:
    assert await metrics.problem("/badges/town.nothing.svg") == (404, "unknown-service")
    await metrics.receive(town(), service())
    assert (await metrics.http.get("/badges/town.potholes.svg", params={"of": "beauty"})).status_code == 422
    assert (await metrics.http.get("/badges/TOWN.svg")).status_code == 422


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (BRANDED, BRANDED),
        (ColourPair(text="#ffffff", background="#ffff00"), PLAIN),
        (ColourPair(text="#fff", background="#000"), PLAIN),
        (ColourPair(text='"/><script>', background="#000000"), PLAIN),
        (None, PLAIN),
    ],
)
def test_colours_that_cannot_be_read_are_not_taken(pair: ColourPair | None, expected: ColourPair) -> None:
    assert legible(pair) == expected
    for each in (legible(pair), NAME_COLOURS):
        assert contrast(each.text, each.background) >= 4.5


def test_the_interval_is_drawn_where_it_lies() -> None:
    root = ET.fromstring(svg(Badge("Roads", "efficiency", Points(50, 25, 100, 20), date(2026, 1, 2), "en", PLAIN)))
    track, interval, mark = (each.get("d") or "" for each in root.findall(f"{SVG}g")[1])
    start, end = (float(each) for each in track[1:].replace(" 23.5H", " ").split())
    low, high = (float(each) for each in interval[1:].replace(" 23.5H", " ").split())
    assert (low, high) == (pytest.approx(start + (end - start) / 4, abs=0.1), end)
    assert float(mark[1:].split()[0]) == pytest.approx((start + end) / 2, abs=0.1)


async def test_what_was_published_is_what_a_badge_shows(metrics: Metrics) -> None:
    await metrics.receive(town(), service(), *solved(opened=NOW - 30 * HOUR, took=HOUR))
    computed = await picture(metrics, of="efficiency")
    await metrics.score_all()
    assert ET.tostring(await picture(metrics, of="efficiency")) == ET.tostring(computed)
    assert "–" in shown(computed)[1]
