"""Who is tied to whom behind a city's services, and what the form of that network tells."""

import math
from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.network.domain import Network, Node, Tie
from services.catalog.network.figures import betweenness, figures, helix_balance, herfindahl


def network(actors: str, services: dict[str, str], partners: dict[str, dict[str, Any]] | None = None) -> Network:
    """Organisations `a`, `b` ... and services with the letters of the organisations behind them."""
    nodes = {actor: Node(actor, "organisation", actor.upper(), "government") for actor in actors}
    nodes |= {service: Node(service, "service", service) for service in services}
    ties = [Tie(service, actor, "collaborates") for service, behind in services.items() for actor in behind]
    for partnership, shares in (partners or {}).items():
        nodes[partnership] = Node(partnership, "partnership", partnership, partnership_kind="consortium")
        ties += [Tie(partnership, actor, "partner") for actor in shares]
    return Network(nodes, ties, partners or {})


def test_the_middle_of_a_star_is_a_broker_by_whom_all_ways_lead() -> None:
    star = figures(network("abcd", {"s1": "ab", "s2": "ac", "s3": "ad"}), "1", 10)
    assert (star.ties, star.density, star.components) == (3, 0.5, 1)
    (broker,) = star.brokers
    assert (broker.id, broker.degree, broker.betweenness) == ("a", 1.0, 1.0)
    assert [position.id for position in star.central] == ["a", "b", "c", "d"]


def test_two_groups_and_one_alone() -> None:
    groups = figures(network("abcde", {"s1": "ab", "s2": "cd"}), "1", 10)
    assert (groups.components, groups.largest_component, groups.isolated, groups.brokers) == (3, 2, ["e"], [])


def test_who_is_in_a_partnership_stands_behind_what_it_covers() -> None:
    whole = network("abc", {"s": "a"}, {"p": {"b": None, "c": None}})
    covering = Network(whole.nodes, [*whole.ties, Tie("p", "s", "covers")], whole.partners)
    apart, together = figures(whole, "1", 10), figures(covering, "1", 10)
    assert (apart.ties, apart.isolated) == (1, ["a"])
    assert (together.ties, together.density) == (3, 1.0)
    assert {position.kind for position in together.central} == {"organisation"}


def test_dependence_on_a_partner_goes_by_shares_of_cost_where_they_are_known() -> None:
    half = {"a": Decimal(50), "b": Decimal(50)}
    unknown = {"a": Decimal(90), "c": None}
    found = figures(network("abc", {}, {"p1": half, "p2": unknown}), "1", 10)
    assert found.largest_partner == "a"
    assert found.partner_concentration == pytest.approx(0.5**2 + 0.25**2 + 0.25**2)
    one = figures(network("ab", {}, {"p": {"a": Decimal(100), "b": Decimal(0)}}), "1", 10)
    assert one.partner_concentration == 1
    assert one.partnerships == {"consortium": 1}


def test_a_network_of_nobody_has_figures_too() -> None:
    nobody = figures(network("", {}), "0.0", 10)
    assert (nobody.density, nobody.helix_balance, nobody.partner_concentration, nobody.components) == (None,) * 3 + (0,)


@given(st.lists(st.integers(0, 1_000), min_size=4, max_size=4))
def test_helix_balance_lies_between_one_sided_and_even(counts: list[int]) -> None:
    balance = helix_balance(counts)
    if sum(counts) == 0:
        assert balance is None
        return
    assert balance is not None
    assert 0 <= balance <= 1 + 1e-12
    assert balance == pytest.approx(helix_balance(counts[::-1]))
    assert helix_balance([7, 7, 7, 7]) == pytest.approx(1)
    assert helix_balance([sum(counts), 0, 0, 0]) == 0


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_concentration_lies_between_even_and_one(parts: list[float]) -> None:
    shares = [part / math.fsum(parts) for part in parts]
    concentration = herfindahl(shares)
    assert concentration is not None
    assert 1 / len(shares) - 1e-9 <= concentration <= 1 + 1e-9


@given(st.integers(2, 30), st.integers(0, 60), st.integers(0, 10_000))
def test_betweenness_is_what_networkx_says(actors: int, ties: int, seed: int) -> None:
    graph: nx.Graph[str] = nx.relabel_nodes(nx.gnm_random_graph(actors, ties, seed=seed), str)
    assert betweenness(graph) == pytest.approx(nx.betweenness_centrality(graph))


async def made(clerk: httpx.AsyncClient, plural: str, said: dict[str, Any]) -> str:
    answer = await clerk.post(f"/v1/{plural}", json=said)
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["id"]
    return identifier


@pytest.fixture
async def town(clerk: httpx.AsyncClient, city: str) -> str:
    """A city with a university, a company, a service of each of two areas, and a partnership."""
    here = {"jurisdiction_id": city}
    for name, helix in (("Uni", "academia"), ("Light Ltd", "industry"), ("Chess Club", "civil-society")):
        await made(clerk, "organisations", here | {"name": name, "helix": helix})
    head = {"title": "Head", "organisation_id": f"{city}.parks", "starts_on": "2024-01-01"}
    await made(clerk, "people", here | {"id": f"{city}.head", "name": "A\u0001B", "roles": [head]})
    lamps = {"name": "Lamps", "focal_area": "energy", "organisation_id": f"{city}.parks", "owner_id": f"{city}.head"}
    await made(clerk, "services", here | lamps)
    await made(clerk, "services", here | {"name": "Trees", "focal_area": "green", "organisation_id": f"{city}.parks"})
    partners = [{"organisation_id": f"{city}.uni"}, {"organisation_id": f"{city}.light-ltd"}]
    led = {"name": "LED", "kind": "living-lab", "partners": partners, "service_ids": [f"{city}.lamps"]}
    await made(clerk, "partnerships", here | led)
    return city


async def test_a_city_sees_its_network_and_its_figures(clerk: httpx.AsyncClient, town: str) -> None:
    query = {"jurisdiction_id": town}
    found = (await clerk.get("/v1/network", params=query)).json()
    assert len(found["nodes"]) == 8
    told = {(tie["source"].removeprefix(f"{town}."), tie["target"].removeprefix(f"{town}."), tie["kind"])
            for tie in found["ties"]}  # fmt: skip
    assert told == {
        ("lamps", "parks", "responsible"), ("lamps", "head", "accountable"), ("trees", "parks", "responsible"),
        ("head", "parks", "role"), ("led", "uni", "partner"), ("led", "light-ltd", "partner"),
        ("led", "lamps", "covers"),
    }  # fmt: skip
    told_figures = (await clerk.get("/v1/network/figures", params=query)).json()
    assert (told_figures["organisations"], told_figures["people"], told_figures["services"]) == (4, 1, 2)
    assert told_figures["isolated"] == [f"{town}.chess-club"]
    assert told_figures["helix_balance"] == 1
    assert told_figures["version"] == found["version"]


async def test_a_service_and_a_focal_area_have_networks_of_their_own(clerk: httpx.AsyncClient, town: str) -> None:
    lamps = (await clerk.get("/v1/network", params={"service_id": f"{town}.lamps"})).json()
    names = {node["id"].removeprefix(f"{town}.") for node in lamps["nodes"]}
    assert names == {"lamps", "led", "uni", "light-ltd", "parks", "head"}
    green = (await clerk.get("/v1/network/figures", params={"jurisdiction_id": town, "focal_area": "green"})).json()
    assert (green["organisations"], green["services"], green["helix_balance"]) == (1, 1, 0)
    assert (await clerk.get("/v1/network", params={"service_id": f"{town}.none"})).status_code == 404
    assert (await clerk.get("/v1/network", params={"jurisdiction_id": "nowhere-at-all"})).status_code == 404


async def test_other_programs_read_the_network_as_graphml(clerk: httpx.AsyncClient, town: str) -> None:
    answer = await clerk.get("/v1/network", params={"jurisdiction_id": town, "format": "graphml"})
    assert answer.headers["content-type"] == "application/graphml+xml"
    read = nx.read_graphml(BytesIO(answer.content))
    assert read.nodes[f"{town}.head"] == {"kind": "person", "name": "A\ufffdB"}
    assert len(read.edges) == 7
    assert (await clerk.get("/v1/network", params={"format": "dot"})).status_code == 422


async def test_figures_are_new_as_soon_as_anything_has_changed(clerk: httpx.AsyncClient, town: str) -> None:
    query = {"jurisdiction_id": town}
    before = await clerk.get("/v1/network/figures", params=query)
    seen = await clerk.get("/v1/network", params=query)
    same = await clerk.get("/v1/network", params=query, headers={"If-None-Match": seen.headers["etag"]})
    assert same.status_code == 304
    await clerk.patch(f"/v1/services/{town}.trees", json={"collaborator_ids": [f"{town}.chess-club"]})
    after = await clerk.get("/v1/network/figures", params=query)
    assert (before.json()["isolated"], after.json()["isolated"]) == ([f"{town}.chess-club"], [])
    assert before.headers["etag"] != after.headers["etag"]
    changed = await clerk.get("/v1/network", params=query, headers={"If-None-Match": seen.headers["etag"]})
    assert changed.status_code == 200
