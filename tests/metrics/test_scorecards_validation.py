"""All that is wrong with a scorecard is told at once: where, on which line, what, and what would be right."""

import json
from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.scorecards.document import LARGEST, Unreadable, read
from services.metrics.scorecards.findings import Finding
from services.metrics.scorecards.validation import examine
from services.metrics.scorecards.written import yaml_of
from services.metrics.scores.scorecard import scorecards
from tests.metrics.conftest import Metrics
from tests.metrics.lives import patient
from tests.metrics.town import jurisdiction, rating, service

DOCUMENT = (files("services.metrics") / "scorecards" / "default.v2.yaml").read_text()


def findings(text: str | bytes, *, as_json: bool = False) -> list[Finding]:
    """What is found about a document, whether it can be read or not."""
    data = text.encode() if isinstance(text, str) else text
    try:
        return examine(read(data, as_json=as_json))[1]
    except Unreadable as error:
        return [error.finding]


def changed(was: str, becomes: str) -> str:
    assert was in DOCUMENT
    return DOCUMENT.replace(was, becomes, 1)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("label", scorecards())
def test_the_platforms_own_are_valid_and_come_back_from_yaml_and_json(label: str) -> None:
    card = scorecards()[label]
    written = yaml_of(card)
    assert examine(read(written.encode(), as_json=False)) == (card, [])
    as_json = json.dumps(yaml.safe_load(written)).encode()
    assert examine(read(as_json, as_json=True)) == (card, [])


@pytest.mark.parametrize(
    ("was", "becomes", "at", "message", "right"),
    [
        ("target: 4.5", "target: 1", "indicators.2.target", "the same as floor", "another value than floor"),
        ("weight: 3", "weight: -3", "indicators.0.weight", "is -3", "a number above 0 and at most 1,000"),
        ("weight: 3", "weight: 0", "indicators.0.weight", "is 0", "above 0"),
        ("weight: 3", "weight: heavy", "indicators.0.weight", "is 'heavy'", "a number above 0"),
        ("weight: 3", "weight: true", "indicators.0.weight", "is true", "a number"),
        ("weight: 3", "weight:", "indicators.0.weight", "is empty", "a number"),
        ("weight: 3", "weight: .inf", "indicators.0.weight", "is infinite", "a number"),
        ("floor: 0.5", "floor: .nan", "indicators.0.floor", "is not a number", "a number"),
        ("floor: 0.5", "floor: 1e999", "indicators.0.floor", "is infinite", "a number"),
        ("half_life_days: 90", "half_life_days: 0", "indicators.0.half_life_days", "is 0", "at least 1"),
        ("half_life_days: 90", "half_life_days: 1.5", "indicators.0.half_life_days", "is 1.5", "a whole number"),
        ("half_life_days: 90", "half_life_days: 9999999", "indicators.0.half_life_days", "9999999", "at most 3,650"),
        ("prior_strength: 20", "prior_strength: -1", "indicators.0.prior_strength", "is -1", "at least 0"),
        ("measure: on-time", "measure: ontime", "indicators.3.measure", "'ontime'", "on-time is the nearest; one of"),
        ("measure: rating", "measure: moon", "indicators.2.measure", "'moon'", "one of rating"),
        ("formula: stock", "formula: stok", "indicators.6.formula", "'stok'", "stock is the nearest"),
        ("    formula: stock\n", "", "indicators.6.formula", "is missing", "one of contributed-hours, cost-per-case"),
        ("    unit: share\n", "", "indicators.0.unit", "is missing", "text"),
        ("    unit: share\n", "    unti: share\n", "indicators.0.unti", "not known here", "unit is the nearest"),
        ("id: on-time", "id: satisfaction", "indicators.3.id", "is defined before, on line 45", "another id"),
        ("id: on-time", "id: On Time", "indicators.3.id", "is 'On Time'", "lower-case letters"),
        ("  legitimacy: 1\n", "  legitimacy: -1\n", "dimensions.legitimacy", "is -1", "above 0"),
        ("  legitimacy: 1\n", "  legitimcy: 1\n", "dimensions.legitimcy", "not known", "legitimacy is the nearest"),
        ("version: 2", "version: 0", "version", "is 0", "at least 1"),
        ("version: 2", "version: 2\nsurprise: 2", "surprise", "not known here", "one of description"),
        ("version: 2", "version: 2\nversion: 3", "version", "stands twice, first on line 4", "once"),
        ("version: 2", "version: &a [*a]", "version.0", "is the alias *a", "written out"),
        ("version: 2", "version: !!python/object:os.system x", "version", "has the tag", "without a tag"),
        ("version: 2", f"version: {'9' * 5_000}", "version", "too many digits", "at most 40"),
        ("version: 2", "? [a, b]\n: 2", "?", "no text", "a name"),
        ("optional: true", "optional: yes", "indicators.10.optional", "is 'yes'", "true or false"),
    ],
)
def test_a_fault_is_told_with_its_place_its_line_and_what_would_be_right(
    was: str, becomes: str, at: str, message: str, right: str
) -> None:
    text = changed(was, becomes)
    found = next(each for each in findings(text) if each.at == at)
    assert message in found.message
    assert right in found.right
    if message != "is missing" and "before" not in message:
        assert found.line == line_of(text, becomes.strip()) + becomes.strip().count("\n") * (message != "no text")


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = DOCUMENT.replace("weight: 3", "weight: -3").replace("half_life_days: 90", "half_life_days: 0")
    found = findings(text.replace("formula: stock", "formula: stok"))
    assert len(found) == 4 + DOCUMENT.count("half_life_days: 90") + 1
    assert [each.line for each in found] == sorted(each.line or 0 for each in found)


def test_a_dimension_without_indicators_is_told() -> None:
    card = yaml.safe_load(DOCUMENT)
    card["indicators"] = [each for each in card["indicators"] if each["dimension"] != "efficiency"]
    [found] = findings(yaml.safe_dump(card))
    assert (found.at, found.message) == ("dimensions.efficiency", "has no indicator")
    card["dimensions"] = {"legitimacy": 1}
    [found] = findings(yaml.safe_dump(card))
    assert (found.at, found.message) == ("dimensions.effectiveness", "is missing")
    assert found.right == "a weight in public value, since indicators are of it"


def test_standards_name_their_list_and_code() -> None:
    good = changed("    unit: share\n", "    unit: share\n    standard: {list: U4SSC, code: EC-1}\n")
    assert findings(good) == []
    [found] = findings(good.replace("U4SSC", "ISO 37121"))
    assert (found.at, "ISO 37120, ISO 37122" in found.right) == ("indicators.0.standard.list", True)
    [found] = findings(good.replace("code", "number"))[1:]
    assert (found.at, found.message) == ("indicators.0.standard.code", "is missing")


BILLION = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("just text", "is 'just text'"),
        ("[1, 2]", "is a list"),
        ("a: b: c", "is not YAML"),
        ("a: 1\n---\nb: 2", "holds more than one document"),
        ("a: \x00", "is not YAML"),
        ("[" * 30 + "]" * 30, "is nested too deep"),
        ("[" * 100_000, "is not YAML"),
        ("{a: " * 30 + "}" * 30, "is nested too deep"),
        (" " * (LARGEST + 1), "has 262,145 bytes"),
        (DOCUMENT.encode("utf-16"), "is written in UTF-16"),
        ("name: Zürich".encode("latin-1"), "byte 7 is not UTF-8"),
        (BILLION, "is the alias *a"),
    ],
)
def test_what_is_no_document_is_told_quickly(text: str | bytes, message: str) -> None:
    assert any(message in each.message for each in findings(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is nested too deep"),
        ('{"id": "a", "id": "b"}', "'id' stands twice in one object"),
        ('{"id": "\\u0000"}', "holds a NUL character"),
        ('{"id": "\\ud800"}', "holds half of a surrogate pair"),
        ('{"version": NaN}', "is not a number"),
        ('{"version": -Infinity}', "is infinite"),
        ('{"version": 1e999}', "is infinite"),
        (f'{{"version": 1{"0" * 5_000}}}', "too many digits"),
    ],
)
def test_json_is_held_to_the_same(text: str, message: str) -> None:
    assert any(message in each.message for each in findings(text, as_json=True))


def test_a_byte_order_mark_and_other_line_ends_do_no_harm() -> None:
    assert findings(b"\xef\xbb\xbf" + DOCUMENT.replace("\n", "\r\n").encode()) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
PATHS = st.sampled_from(
    [("id",), ("version",), ("dimensions",), ("indicators",), ("indicators", 0), ("dimensions", "legitimacy"),
     *[("indicators", 3, name) for name in yaml.safe_load(DOCUMENT)["indicators"][3]]]
)  # fmt: skip


@patient
@given(PATHS, ANYTHING)
def test_whatever_stands_anywhere_is_a_finding_or_fine(path: tuple[str | int, ...], value: object) -> None:
    card = yaml.safe_load(DOCUMENT)
    part = card
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    for text, as_json in ((json.dumps(card), True), (yaml.safe_dump(card, allow_unicode=True), False)):
        try:
            made, found = examine(read(text.encode("utf-8", "surrogatepass"), as_json=as_json))
        except Unreadable:
            continue
        assert (made is None) == bool(found)
        assert all(each.at and each.message and each.right for each in found)


@patient
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_answered(text: str | bytes) -> None:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    for as_json in (True, False):
        assert findings(data, as_json=as_json)


async def test_a_dry_run_tells_the_same_as_storing_would(metrics: Metrics) -> None:
    url, headers = "/v1/scorecards/validate", {"Content-Type": "text/yaml; charset=utf-8"}
    own = changed("id: default", "id: town")
    good = await metrics.http.post(url, content=own, headers=headers)
    assert (good.status_code, good.json()["label"], good.json()["valid"]) == (200, "town.v2", True)
    bad = await metrics.http.post(url, content=own.replace("weight: 3", "weight: -3", 1), headers=headers)
    assert (bad.status_code, bad.headers["content-type"]) == (422, "application/problem+json")
    assert bad.json()["type"] == "urn:civicloop:problem:invalid-scorecard"
    assert bad.json()["errors"] == [
        {
            "in": "body",
            "at": "indicators.0.weight",
            "line": line_of(own, "weight: 3"),
            "indicator": "resolution-rate",
            "message": "is -3",
            "right": "a number above 0 and at most 1,000",
        }
    ]
    assert (await metrics.http.post(url, content=own)).status_code == 415
    assert (await metrics.http.post(url, content=b"x" * 300_000, headers=headers)).status_code == 422
    assert (await metrics.http.post(url, content=b"x" * 2_000_000, headers=headers)).status_code == 413
    listed = await metrics.get("/v1/scorecards")
    assert {each["source"] for each in listed["items"]} == {"package"}


async def test_what_is_allowed_and_odd_is_warned_of(metrics: Metrics) -> None:
    url, headers = "/v1/scorecards/validate", {"Content-Type": "application/yaml"}
    await metrics.receive(jurisdiction(), service(), rating(4))
    odd = (
        changed("id: default", "id: town")
        .replace("target: 0.95", "target: 95", 1)
        .replace("weight: 3", "weight: 90", 1)
    )
    answer = await metrics.http.post(url, content=odd, headers=headers)
    assert [(each["at"], each["line"]) for each in answer.json()["warnings"]] == [
        ("indicators.0.weight", line_of(odd, "weight: 90")),
        ("indicators.0.target", line_of(odd, "target: 95")),
    ]
    here = await metrics.http.post(url, params={"jurisdiction_id": "town"}, content=odd, headers=headers)
    silent = [each for each in here.json()["warnings"] if "no service here" in each["message"]]
    assert [each["indicator"] for each in silent] == [
        "resolution-rate", "first-time-fix", "on-time", "resolution-time", "first-answer-time", "backlog-age",
        "representativeness", "answered", "decided", "co-production", "contributed-hours",
    ]  # fmt: skip
    assert "no service here has evidence of it (nothing observed" in silent[0]["message"]
    unknown = await metrics.http.post(url, params={"jurisdiction_id": "moon"}, content=odd, headers=headers)
    assert unknown.status_code == 404
