"""Errors as RFC 9457 problems (`application/problem+json`): what is wrong, and where it helps, how to mend it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

CONTENT_TYPE = "application/problem+json"
DOCUMENT = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "The kind of problem, for programs"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("at", "in", "message")},
            },
        },
    },
}
TOLD = {CONTENT_TYPE: {"schema": DOCUMENT}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong with the request (RFC 9457). 409, 412 and 422 also where it fits this document "
        "and breaks a rule that no schema can state: of what is here, of today, between two fields. `type` names it",
        "content": TOLD,
    },
    "503": {"description": "It cannot be done now: try again", "content": TOLD},
}
"""What OpenAPI says of every route: a problem is all that it answers with beside what it says itself."""


class Problem(Exception):
    """An error that the caller should see. `slug` names its kind for programs; `extra` adds members to the document."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        self.headers = dict(headers or {})
        self.document = {"type": f"urn:civicloop:problem:{slug}", "title": title, "status": status}
        self.document |= ({"detail": detail} if detail else {}) | extra


class ProblemResponse(JSONResponse):
    """A problem as a response; lone surrogates that came in with the request are escaped, not a fault of ours."""

    media_type = CONTENT_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, default=str).encode()


def problem_response(problem: Problem) -> ProblemResponse:
    """The response that says `problem`."""
    return ProblemResponse(problem.document, status_code=problem.status, headers=problem.headers)


async def _on_problem(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _on_http_error(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == phrase else str(error.detail)
    slug = phrase.lower().replace(" ", "-")
    return problem_response(Problem(error.status_code, slug, phrase, detail, headers=error.headers))


async def _on_invalid(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    errors = [_invalid_member(item) for item in _causes(error.errors())]
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return problem_response(Problem(400, "malformed-json", "The body is not JSON", errors[0]["message"]))
    detail = "; ".join(f"{item['at']}: {item['message']}" for item in errors[:10])
    return problem_response(Problem(422, "invalid-input", "The input is not valid", detail, errors=errors[:100]))


def _causes(found: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Without what only follows: pydantic finds a list too short where it has refused some of its items."""
    within = {item["loc"][:depth] for item in found for depth in range(len(item["loc"]))}
    return (item for item in found if item["type"] != "too_short" or item["loc"] not in within)


def _invalid_member(item: Mapping[str, Any]) -> dict[str, str]:
    where = [str(step) for step in item["loc"]]
    return {"at": ".".join(where[1:]) or where[0], "in": where[0], "message": item["msg"]}


async def _on_fault(_: Request, __: Exception) -> ProblemResponse:
    return problem_response(Problem(500, "fault", "Something went wrong here; it has been logged"))


def install(app: FastAPI) -> None:
    """Makes an application answer every error with a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_fault)
