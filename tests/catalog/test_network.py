"""Who is tied to whom behind a city's services, and what the form of that network tells."""

import asyncio
import math
from decimal import Decimal
from io import BytesIO
from itertools import combinations
from random import Random
from typing import Any
from xml.etree import ElementTree

import httpx
import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.network.betweenness import betweenness, by_matrices, by_searches
from services.catalog.network.cache import Latest
from services.catalog.network.domain import ACTORS, Network, Node, Tie
from services.catalog.network.figures import figures, helix_balance, herfindahl

unhurried = settings(deadline=None)


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
    star = figures(network("abcd", {"s1": "ab", "s2": "ac", "s3": "ad"}))
    assert (star.ties, star.density, star.components) == (3, 0.5, 1)
    (broker,) = star.brokers
    assert (broker.id, broker.degree, broker.betweenness) == ("a", 1.0, 1.0)
    assert [position.id for position in star.central] == ["a", "b", "c", "d"]


def test_two_groups_and_one_alone() -> None:
    groups = figures(network("abcde", {"s1": "ab", "s2": "cd"}))
    assert (groups.components, groups.largest_component, groups.isolated, groups.brokers) == (3, 2, ["e"], [])


def test_both_ends_of_a_bridge_between_two_groups_are_brokers() -> None:
    bridge = figures(network("abcdef", {"s1": "abc", "s2": "def", "s3": "cd"}))
    assert [position.id for position in bridge.brokers] == ["c", "d"]
    assert bridge.brokers[0].betweenness == bridge.brokers[1].betweenness == pytest.approx(6 / 10)
    assert bridge.shortened(1).brokers == bridge.brokers[:1]
    assert (bridge.shortened(1).broker_count, bridge.components, bridge.density) == (2, 1, pytest.approx(7 / 15))


def test_who_is_in_a_partnership_stands_behind_what_it_covers() -> None:
    whole = network("abc", {"s": "a"}, {"p": {"b": None, "c": None}})
    covering = Network(whole.nodes, [*whole.ties, Tie("p", "s", "covers")], whole.partners)
    apart, together = figures(whole), figures(covering)
    assert (apart.ties, apart.isolated) == (1, ["a"])
    assert (together.ties, together.density) == (3, 1.0)
    assert {position.kind for position in together.central} == {"organisation"}


def test_dependence_on_a_partner_goes_by_shares_of_cost_where_they_are_known() -> None:
    half = {"a": Decimal(50), "b": Decimal(50)}
    unknown = {"a": Decimal(90), "c": None}
    found = figures(network("abc", {}, {"p1": half, "p2": unknown}))
    assert found.largest_partner == "a"
    assert found.partner_concentration == pytest.approx(0.5**2 + 0.25**2 + 0.25**2)
    assert figures(network("ab", {}, {"p1": half})).largest_partner is None
    one = figures(network("ab", {}, {"p": {"a": Decimal(100), "b": Decimal(0)}}))
    assert one.partner_concentration == 1
    assert [(each.id, each.concentration) for each in found.concentrations] == [("p1", 0.5), ("p2", None)]
    assert one.partnerships == {"consortium": 1}


def test_a_network_of_nobody_has_figures_too() -> None:
    nobody = figures(network("", {}))
    assert (nobody.density, nobody.helix_balance, nobody.partner_concentration, nobody.components) == (None,) * 3 + (0,)


@unhurried
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


@unhurried
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_concentration_lies_between_even_and_one(parts: list[float]) -> None:
    shares = [part / math.fsum(parts) for part in parts]
    concentration = herfindahl(shares)
    assert concentration is not None
    assert 1 / len(shares) - 1e-9 <= concentration <= 1 + 1e-9


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Organisations and people with ties of all kinds, in any order."""
    dice = Random(draw(st.integers(0, 2**32)))
    organisations = [f"o{n}" for n in range(draw(st.integers(1, 9)))]
    people = [f"h{n}" for n in range(draw(st.integers(0, 4)))]
    services = [f"s{n}" for n in range(draw(st.integers(0, 8)))]
    partnerships = [f"p{n}" for n in range(draw(st.integers(0, 3)) if len(organisations) > 1 else 0)]
    nodes = [Node(id, "organisation", id, dice.choice((None, "industry", "academia"))) for id in organisations]
    nodes += [Node(id, "person", id) for id in people] + [Node(id, "service", id) for id in services]
    nodes += [Node(id, "partnership", id, partnership_kind="network") for id in partnerships]
    partners = {id: dict.fromkeys(dice.sample(organisations, 2)) for id in partnerships}
    ties = {Tie(id, partner, "partner") for id, pair in partners.items() for partner in pair}
    ties |= {Tie(id, dice.choice(organisations), "role") for id in people if dice.random() < 0.7}
    ties |= {Tie(one, other, "part-of") for one, other in zip(organisations[::2], organisations[1::2], strict=False)}
    for id in services:
        ties |= {Tie(id, other, "collaborates") for other in dice.sample(organisations, dice.randint(0, 1))}
        ties |= {Tie(id, other, "accountable") for other in people[:1] if dice.random() < 0.5}
        ties |= {Tie(other, id, "covers") for other in partnerships if dice.random() < 0.4}
    dice.shuffle(nodes)
    shuffled = sorted(ties)
    dice.shuffle(shuffled)
    return Network({node.id: node for node in nodes}, shuffled, partners)


def tied(network: Network) -> "nx.Graph[str]":
    """Actors and their ties, pair by pair."""
    behind: nx.DiGraph[str] = nx.DiGraph((tie.source, tie.target) for tie in network.ties)
    graph: nx.Graph[str] = nx.Graph()
    actors = [id for id, node in network.nodes.items() if node.kind in ACTORS]
    graph.add_nodes_from(actors)
    graph.add_edges_from((tie.source, tie.target) for tie in network.ties if {tie.source, tie.target} <= {*actors})
    for id in set(network.nodes) - {*actors}:
        covering = {tie.source for tie in network.ties if tie.kind == "covers" and tie.target == id}
        near = {actor for each in (id, *covering) if each in behind for actor in behind[each]} & {*actors}
        graph.add_edges_from(combinations(near, 2))
    return graph


@unhurried
@given(networks())
def test_figures_are_what_networkx_says_of_each_pair_of_actors(network: Network) -> None:
    found, graph = figures(network), tied(network)
    assert found.ties == graph.number_of_edges()
    assert found.components == nx.number_connected_components(graph)
    assert found.isolated == sorted(nx.isolates(graph))
    assert {position.id for position in found.brokers} == set(nx.articulation_points(graph))
    between = nx.betweenness_centrality(graph)
    assert {position.id: position.betweenness for position in found.central} == pytest.approx(between, abs=1e-8)
    if len(graph) > 1:
        assert found.density == pytest.approx(nx.density(graph))
        degrees = nx.degree_centrality(graph)
        assert {position.id: position.degree for position in found.central} == pytest.approx(degrees)


@unhurried
@given(networks(), st.integers(0, 2**32))
def test_figures_do_not_depend_on_the_order_in_which_a_network_is_told(network: Network, seed: int) -> None:
    dice = Random(seed)
    nodes, ties, partners = list(network.nodes.items()), list(network.ties), list(network.partners.items())
    for listed in (nodes, ties, partners):
        dice.shuffle(listed)
    other = figures(Network(dict(nodes), ties, dict(partners)))
    found = figures(network)
    assert other.partner_concentration == pytest.approx(found.partner_concentration)
    same = {"partner_concentration": None}
    assert other.model_copy(update=same) == found.model_copy(update=same)


@unhurried
@given(st.integers(3, 30), st.integers(0, 60), st.integers(0, 10_000))
def test_both_ways_to_count_betweenness_give_what_networkx_says(actors: int, ties: int, seed: int) -> None:
    whole = nx.gnm_random_graph(actors, ties, seed=seed)
    graph = nx.convert_node_labels_to_integers(whole.subgraph(max(nx.connected_components(whole), key=len)))
    matrix = nx.to_numpy_array(graph, dtype=bool)
    wanted = list(nx.betweenness_centrality(graph, normalized=False).values())
    assert by_searches(matrix) == pytest.approx(wanted)
    assert by_matrices(matrix) == pytest.approx(wanted)


@pytest.mark.parametrize("ties", [3_000, 20_000])
def test_betweenness_of_many_is_counted_by_another_process_and_is_the_same(ties: int) -> None:
    matrix = nx.to_numpy_array(nx.gnm_random_graph(700, ties, seed=1), dtype=bool)
    assert betweenness(matrix) == pytest.approx(by_searches(matrix))


async def test_what_many_ask_for_at_once_is_computed_once_and_what_failed_is_tried_again() -> None:
    computed: list[int] = []
    latest: Latest[int] = Latest(most=2, at_once=1)

    async def compute() -> int:
        computed.append(1)
        await asyncio.sleep(0)
        if len(computed) == 1:
            raise ConnectionError
        return len(computed)

    with pytest.raises(ConnectionError):
        await latest.get("a", compute)
    assert await asyncio.gather(*(latest.get("a", compute) for _ in range(5))) == [2] * 5
    assert [await latest.get(key, compute) for key in "bca"] == [3, 4, 5]  # a was the one not asked for longest


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
    head = {"title": "Head", "organisation_id": f"{city}.parks", "starts_on": "2024-01-01", "ends_on": "2024-12-31"}
    again = head | {"starts_on": "2025-06-01", "ends_on": None}
    await made(clerk, "people", here | {"id": f"{city}.head", "name": "A\ufffeB", "roles": [head, again]})
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
    (head,) = (node for node in found["nodes"] if node["kind"] == "person")
    assert (head["id"], head["roles"]) == (f"{town}.head", ["Head"])
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
    both = {"service_id": f"{town}.lamps", "focal_area": "green"}
    assert (await clerk.get("/v1/network", params=both)).json()["nodes"] == []
    assert (await clerk.get("/v1/network", params={"service_id": f"{town}.none"})).status_code == 404
    assert (await clerk.get("/v1/network", params={"jurisdiction_id": "nowhere-at-all"})).status_code == 404


async def test_several_cities_are_seen_together(clerk: httpx.AsyncClient, town: str) -> None:
    other = f"{town}-2"
    await made(clerk, "jurisdictions", {"id": other, "name": "Gaia", "time_zone": "Europe/Lisbon"})
    await made(clerk, "organisations", {"id": f"{other}.port", "jurisdiction_id": other, "name": "Port"})
    query = {"jurisdiction_id": [town, other]}
    found = (await clerk.get("/v1/network", params=query)).json()
    assert {node["id"] for node in found["nodes"]} > {f"{town}.parks", f"{other}.port"}
    assert (await clerk.get("/v1/network/figures", params=query)).json()["organisations"] == 5
    everywhere = (await clerk.get("/v1/network/figures")).json()
    assert everywhere["organisations"] >= 5
    elsewhere = {"jurisdiction_id": other, "service_id": f"{town}.lamps"}
    assert (await clerk.get("/v1/network", params=elsewhere)).status_code == 404


async def test_other_programs_read_the_network_as_graphml(clerk: httpx.AsyncClient, town: str) -> None:
    answer = await clerk.get("/v1/network", params={"jurisdiction_id": town, "format": "graphml"})
    assert answer.headers["content-type"] == "application/graphml+xml"
    read = nx.read_graphml(BytesIO(answer.content))
    assert read.nodes[f"{town}.head"] == {"kind": "person", "name": "A\ufffdB", "roles": "Head"}
    assert len(read.edges) == 7
    ids = [edge.get("id") for edge in ElementTree.fromstring(answer.content).findall(".//{*}edge")]
    assert len(set(ids)) == 7
    assert (await clerk.get("/v1/network", params={"format": "dot"})).status_code == 422


async def test_figures_are_new_as_soon_as_anything_has_changed(clerk: httpx.AsyncClient, town: str) -> None:
    query = {"jurisdiction_id": town}
    before = await clerk.get("/v1/network/figures", params=query)
    seen = await clerk.get("/v1/network", params=query)
    same = await clerk.get("/v1/network", params=query, headers={"If-None-Match": seen.headers["etag"]})
    assert same.status_code == 304
    known = {"If-None-Match": before.headers["etag"]}
    assert (await clerk.get("/v1/network/figures", params=query, headers=known)).status_code == 304
    await clerk.patch(f"/v1/services/{town}.trees", json={"collaborator_ids": [f"{town}.chess-club"]})
    after = await clerk.get("/v1/network/figures", params=query)
    assert (before.json()["isolated"], after.json()["isolated"]) == ([f"{town}.chess-club"], [])
    assert before.headers["etag"] != after.headers["etag"]
    changed = await clerk.get("/v1/network", params=query, headers={"If-None-Match": seen.headers["etag"]})
    assert changed.status_code == 200
