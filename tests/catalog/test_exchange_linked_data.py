"""Services go out as the European standard says them, and come in from others without loss and without trust."""

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from rdflib import Graph
from rdflib.compare import graph_diff, to_isomorphic

from services.catalog.exchange.cpsv_ap.parse import MOST_TRIPLES, parse
from services.catalog.exchange.said import Unreadable

STANDARD = Path(__file__).parents[3] / "shared" / "standards" / "cpsv-ap-3.2.0"
EXAMPLES = {"text/turtle": "example-rdf_public_service.ttl", "application/ld+json": "example-rdf_public_service.jsonld"}
SHAPES = STANDARD / "cpsv-ap-SHACL.ttl"

needs_standard = pytest.mark.skipif(not STANDARD.is_dir(), reason=f"the standard's own files are not at {STANDARD}")

IMPORT, EXPORT = "/v1/import/cpsv-ap", "/v1/export/cpsv-ap"

RICH: dict[str, Any] = {
    "name": "Parking permit",
    "status": "active",
    "description": "A permit to park where one lives.",
    "keywords": ["car", "permit"],
    "translations": {"fr": {"name": "Permis", "description": "Pour se garer.", "keywords": ["auto"]}},
    "identifier": "PP-7",
    "service_languages": ["en", "pt-BR"],
    "thematic_areas": ["http://example.org/themes/mobility"],
    "sectors": ["http://example.org/sectors/84"],
    "processing_time": "P10D",
    "spatial": ["http://example.org/places/porto"],
    "channels": [
        {"id": "desk", "type": "http://example.org/channels/desk", "description": {"en": "At the desk"},
         "opening_hours": {"en": "9 to 5"}},
        {"id": "web", "url": "https://example.org/permit", "processing_time": "PT5M"},
    ],
    "contact_points": [{"id": "office", "telephone": "+351 1", "email": "permits@example.org",
                        "page": "https://example.org/contact"}],
    "costs": [{"id": "fee", "value": "12.5", "currency": "EUR", "channel_id": "desk", "description": {"en": "A year"}}],
    "rules": [{"id": "r1", "title": {"en": "Residents only"}, "legal_resource_ids": ["law"], "languages": ["en"]}],
    "legal_resources": [{"id": "law", "iri": "http://example.org/law/1", "title": {"en": "Parking act"}}],
    "evidence_types": [{"id": "bill", "classification": ["http://example.org/evidence/bill"]}],
    "evidence": [{"id": "power", "title": {"en": "Power bill"}, "evidence_type_ids": ["bill"],
                  "pages": ["https://example.org/bill"]}],
    "requirements": [{"id": "lives", "title": {"en": "Lives there"}, "evidence_ids": ["power"], "fulfils": ["r1"]}],
    "outputs": [{"id": "permit", "title": {"en": "Permit", "fr": "Permis"}, "description": {"en": "A sticker"}}],
    "occasions": [{"id": "move", "title": {"en": "Moving house"}, "kind": "life"},
                  {"id": "open", "title": {"en": "Opening a shop"}, "kind": "business"}],
    "open311": {"group": "Parking", "attributes": [
        {"code": "ZONE", "datatype": "singlevaluelist", "description": {"en": "Which zone?"}, "required": True,
         "values": [{"key": "1", "name": {"en": "Old town"}}]}]},
}  # fmt: skip


async def permit(clerk: httpx.AsyncClient, city: str) -> str:
    """A service with something of everything, and one with next to nothing."""
    said = RICH | {"id": f"{city}.permit", "jurisdiction_id": city, "organisation_id": f"{city}.parks"}
    assert (await clerk.post("/v1/services", json=said)).status_code == 201
    bare = {"id": f"{city}.bare", "jurisdiction_id": city, "name": "Bare", "requires_ids": [f"{city}.permit"]}
    assert (await clerk.post("/v1/services", json=bare)).status_code == 201
    return f"{city}.permit"


async def send(clerk: httpx.AsyncClient, city: str, data: str | bytes, type: str, **query: Any) -> httpx.Response:
    return await clerk.post(
        IMPORT, params={"jurisdiction_id": city, **query}, content=data, headers={"Content-Type": type}
    )


def conforms(graph: Graph) -> str:
    """What the standard's shapes complain of."""
    import pyshacl

    sound, _, complaints = pyshacl.validate(graph, shacl_graph=Graph().parse(SHAPES))
    return "" if sound else str(complaints)


@needs_standard
@pytest.mark.parametrize("type", EXAMPLES)
async def test_the_standards_own_example_comes_out_as_it_went_in(
    clerk: httpx.AsyncClient, city: str, type: str
) -> None:
    data = (STANDARD / EXAMPLES[type]).read_bytes()
    plan = (await send(clerk, city, data, type)).json()
    assert {made["id"] for made in plan["create"]} == {f"{city}.publicorganisation1", f"{city}.tax-on-web"}
    assert plan["refused"] == []
    service = (await clerk.get(f"/v1/services/{city}.tax-on-web")).json()
    assert service["name"] == "Tax-on-web"
    assert service["translations"]["fr"]["description"].startswith("Service pour la déclaration")
    assert service["organisation_id"] == f"{city}.publicorganisation1"
    assert [evidence["id"] for evidence in service["evidence"]] == ["evi-123"]

    out = await clerk.get(EXPORT, params={"jurisdiction_id": city})
    went_in = parse(data, "turtle" if "turtle" in type else "json-ld")
    came_out = Graph().parse(data=out.text, format="turtle")
    _, lost, added = graph_diff(to_isomorphic(went_in), to_isomorphic(came_out))
    assert lost.serialize(format="nt").strip() == ""
    assert len(added) < 15  # what the standard demands to be said of what is named
    assert conforms(came_out) == ""
    again = (await send(clerk, city, out.content, "text/turtle")).json()
    assert (again["create"], again["change"], again["unchanged"]) == ([], [], 2)


@needs_standard
async def test_what_goes_out_is_what_the_standards_shapes_demand(clerk: httpx.AsyncClient, city: str) -> None:
    await permit(clerk, city)
    out = await clerk.get(EXPORT, params={"jurisdiction_id": city}, headers={"Accept": "application/ld+json"})
    assert out.headers["content-type"].startswith("application/ld+json")
    assert conforms(parse(out.content, "json-ld")) == ""


@pytest.mark.parametrize("format", ["turtle", "json-ld"])
async def test_a_city_takes_its_own_export_and_nothing_changes(
    clerk: httpx.AsyncClient, city: str, format: str
) -> None:
    await permit(clerk, city)
    out = await clerk.get(EXPORT, params={"jurisdiction_id": city, "format": format})
    type = "text/turtle" if format == "turtle" else "application/ld+json"
    plan = (await send(clerk, city, out.content, type, dry_run=True)).json()
    assert (plan["create"], plan["change"], plan["refused"]) == ([], [], []), plan
    assert plan["unchanged"] == 3


async def test_another_city_can_take_a_service_over(clerk: httpx.AsyncClient, city: str) -> None:
    """Names on the web of data stay; the ids are the other city's own."""
    await permit(clerk, city)
    other = f"{city}-two"
    await clerk.post("/v1/jurisdictions", json={"id": other, "name": "Two", "time_zone": "UTC"})
    text = (await clerk.get(EXPORT, params={"jurisdiction_id": city})).text
    text = text.replace(f"urn:civicloop:service:{city}.", "http://old.example.org/")
    text = text.replace(f"urn:civicloop:organisation:{city}.", "http://old.example.org/org/")
    plan = (await send(clerk, other, text, "text/turtle")).json()
    assert {made["id"] for made in plan["create"]} == {f"{other}.pp-7", f"{other}.{city}-bare"[:63], f"{other}.parks"}
    taken = (await clerk.get(f"/v1/services/{other}.pp-7")).json()
    assert taken["iri"] == "http://old.example.org/permit"
    assert [cost["value"] for cost in taken["costs"]] == ["12.5"]


async def test_the_rest_is_reported_node_by_node(clerk: httpx.AsyncClient, city: str) -> None:
    data = """
    @prefix cpsv: <http://purl.org/vocab/cpsv#> . @prefix dct: <http://purl.org/dc/terms/> .
    @prefix cv: <http://data.europa.eu/m8g/> .
    <http://example.org/s> a cpsv:PublicService ; dct:title "Good"@en ; dct:relation <http://example.org/more> .
    <http://example.org/more> dct:title "kept with it" .
    <http://example.org/bad> a cpsv:PublicService ; dct:title "Bad"@klingonish ; cv:processingTime "soon" .
    <http://example.org/lone> dct:title "of nobody" .
    """
    refused = await send(clerk, city, data, "text/turtle")
    told = {row["where"]: row["message"] for row in refused.json()["refused"]}
    assert told.keys() == {"http://example.org/bad", "http://example.org/lone"}
    assert "language" in told["http://example.org/bad"]
    assert "processing_time" in told["http://example.org/bad"]
    some = (await send(clerk, city, data, "text/turtle", partial=True)).json()
    assert [made["id"] for made in some["create"]] == [f"{city}.s"]
    kept = (await clerk.get(f"/v1/services/{city}.s")).json()["other_statements"]
    assert "kept with it" in kept


JSON_LD: dict[str, Any] = {"@id": "http://example.org/s", "@type": "http://purl.org/vocab/cpsv#PublicService"}
REMOTE = "http://127.0.0.1:1/context.jsonld"

HOSTILE: dict[str, tuple[str, str, str]] = {
    "a remote context": ("json-ld", json.dumps({"@context": REMOTE, **JSON_LD}), "not known here"),
    "one among others": ("json-ld", json.dumps([{"@context": [{}, REMOTE], **JSON_LD}]), "not known here"),
    "one further in": ("json-ld", json.dumps({**JSON_LD, "x:y": {"@context": REMOTE}}), "not known here"),
    "one within a term": (
        "json-ld", json.dumps({"@context": {"t": {"@id": "x:t", "@context": REMOTE}}, **JSON_LD}), "not known here",
    ),
    "an import": ("json-ld", json.dumps({"@context": {"@import": REMOTE}, **JSON_LD}), "not followed"),
    "a file": ("json-ld", json.dumps({"@context": "file:///etc/passwd", **JSON_LD}), "not known here"),
    "no JSON": ("json-ld", "{", "json-ld"),
    "deep JSON": ("json-ld", "[" * 100_000 + "]" * 100_000, "deep"),
    "no Turtle": ("turtle", "<a> <b>", "turtle"),
    "a million statements": (
        "turtle", "<x:s> <x:p> " + ",".join(map(str, range(MOST_TRIPLES + 1))) + " .", "more than 200,000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_fetched_and_all_has_bounds(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", opened)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", opened)
    format, text, reason = HOSTILE[name]
    with pytest.raises(Unreadable, match=reason):
        parse(text.encode(), format)


async def test_who_sends_what_cannot_be_read_is_told(clerk: httpx.AsyncClient, city: str) -> None:
    remote = await send(clerk, city, HOSTILE["a remote context"][1], "application/ld+json")
    assert (remote.status_code, remote.json()["type"].rsplit(":", 1)[1]) == (422, "unreadable")
    assert (await send(clerk, city, b"\xff\xfe", "text/turtle")).status_code == 422
    assert (await send(clerk, city, "<a/>", "application/rdf+xml")).status_code == 415
    assert (await send(clerk, "nowhere-at-all", "", "text/turtle")).status_code == 404


async def test_search_engines_read_a_service_as_schema_org(clerk: httpx.AsyncClient, city: str) -> None:
    service_id = await permit(clerk, city)
    answer = await clerk.get(f"/v1/services/{service_id}/schema-org")
    told = answer.json()
    assert answer.headers["content-type"] == "application/ld+json"
    assert (told["@context"], told["@type"], told["identifier"]) == ("https://schema.org", "GovernmentService", "PP-7")
    assert {"@language": "fr", "@value": "Permis"} in told["name"]
    assert told["provider"]["@type"] == "GovernmentOrganization"
    assert [offer["price"] for offer in told["offers"]] == ["12.5"]
    everything = (await clerk.get("/v1/export/schema-org", params={"jurisdiction_id": city})).json()
    assert len(everything) == 2


async def test_a_context_broker_reads_services_as_ngsi_ld(clerk: httpx.AsyncClient, city: str) -> None:
    service_id = await permit(clerk, city)
    told = {
        each["id"]: each for each in (await clerk.get("/v1/export/fiware", params={"jurisdiction_id": city})).json()
    }
    entity = told[f"urn:ngsi-ld:Open311ServiceType:{service_id}"]
    assert entity["type"] == "Open311ServiceType"
    assert entity["service_name"] == {"type": "Property", "value": "Parking permit"}
    assert entity["group"]["value"] == "Parking"
    assert entity["attributes"]["value"][0]["values"] == [{"key": "1", "name": "Old town"}]
    assert "attributes" not in told[f"urn:ngsi-ld:Open311ServiceType:{city}.bare"]
