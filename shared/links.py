"""OpenAPI links: from what makes something to all that can then be asked of it, and done with it.

Nobody has to name them. Where `POST /v1/things` answers with an `id`, each operation at `/v1/things/{thing_id}` and
below it takes that id.
"""

from collections.abc import Iterator, Mapping
from typing import Any

MADE = ("201", "200")
METHODS = ("get", "put", "patch", "post", "delete")


def add_links(document: dict[str, Any]) -> None:
    """Adds them to an OpenAPI document."""
    for path, item in document["paths"].items():
        response = _made(item) if "{" not in path else None
        if response is not None and (links := dict(_links(path, response, document))):
            response["links"] = links


def _made(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer of the operation that makes something, where the path has one."""
    responses = item.get("post", {}).get("responses", {})
    return next((responses[status] for status in MADE if status in responses), None)


def _links(
    path: str, response: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    properties = _properties(response, document)
    for below, item in document["paths"].items():
        name, _, rest = below.removeprefix(f"{path}/{{").partition("}")
        field = name if name in properties else "id"
        if not below.startswith(f"{path}/{{") or "{" in rest or field not in properties:
            continue
        for method in METHODS:
            if (target := item.get(method)) is not None:
                called = target["operationId"]
                yield called, {"operationId": called, "parameters": {name: f"$response.body#/{field}"}}


def _properties(response: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: Mapping[str, Any] = schema.get("properties", {})
    return found
