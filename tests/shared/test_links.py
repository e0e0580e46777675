"""What OpenAPI documents say can be asked of what was made."""

from typing import Any

from shared.links import add_links

MADE = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Cake"}}}}


def document(properties: dict[str, Any]) -> dict[str, Any]:
    cake = {"type": "object", "properties": properties}
    return {
        "components": {"schemas": {"Cake": cake}},
        "paths": {
            "/cakes": {"post": {"operationId": "bake", "responses": {"201": {**MADE}}}, "get": {"operationId": "list"}},
            "/cakes/{cake_id}": {"get": {"operationId": "see"}, "delete": {"operationId": "eat"}, "parameters": []},
            "/cakes/{cake_id}/slices": {"post": {"operationId": "cut"}},
            "/cakes/{cake_id}/slices/{slice_id}": {"get": {"operationId": "taste"}},
            "/cakes.csv": {"get": {"operationId": "table"}},
        },
    }


def test_from_what_is_made_to_all_that_takes_its_id() -> None:
    given = document({"id": {"type": "string"}})
    add_links(given)
    links = given["paths"]["/cakes"]["post"]["responses"]["201"]["links"]
    assert list(links) == ["see", "eat", "cut"]
    assert links["cut"] == {"operationId": "cut", "parameters": {"cake_id": "$response.body#/id"}}


def test_what_is_called_as_the_parameter_is_goes_before_an_id() -> None:
    given = document({"id": {"type": "string"}, "cake_id": {"type": "string"}})
    add_links(given)
    links = given["paths"]["/cakes"]["post"]["responses"]["201"]["links"]
    assert links["see"]["parameters"] == {"cake_id": "$response.body#/cake_id"}


def test_what_tells_no_id_leads_nowhere() -> None:
    given = document({"name": {"type": "string"}})
    add_links(given)
    assert given == document({"name": {"type": "string"}})
