"""Errors as the standard writes them: a list of codes and descriptions, in the format of the address."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from services.feedback.open311.formats import respond
from services.feedback.refusals import REFUSALS
from shared.problems import Problem, problem_response

FAULT = {
    "type": "object",
    "required": ["code", "description"],
    "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
}
ERRORS = {
    "description": "What is wrong, as the standard writes it",
    "content": {"application/json": {"schema": {"type": "array", "items": FAULT}}, "text/xml": {}},
}


class Open311Error(Exception):
    """Why a request is not answered: a status, and for each fault a sentence that names what is wrong."""

    def __init__(self, status: int, *descriptions: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(descriptions))
        self.status = status
        self.descriptions = descriptions
        self.headers = headers or {}


class Open311Route(APIRoute):
    """A route whose errors are the standard's, whatever raised them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                if (told := _told(error)) is None:
                    raise
                return told_in(format_of(request), told)

        return answer


def format_of(request: Request) -> str:
    """The format that the address asks for."""
    return "xml" if request.url.path.endswith(".xml") else "json"


def told_in(format: str, error: Open311Error) -> Response:
    """An error as its caller reads it."""
    faults = [{"code": error.status, "description": description} for description in error.descriptions]
    response = respond("errors", faults, format, error.status)
    response.headers.update(error.headers)
    return response


def refused(request: Request, problem: Problem) -> Response:
    """A problem as whoever asks that address reads it."""
    if request.url.path.startswith("/open311/") and (told := _told(problem)) is not None:
        return told_in(format_of(request), told)
    return problem_response(problem)


def _told(error: Exception) -> Open311Error | None:
    if isinstance(error, Open311Error):
        return error
    if isinstance(error, RequestValidationError):
        return Open311Error(400, *(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()))
    if isinstance(error, Problem):
        status = 403 if error.status == 401 else error.status
        return Open311Error(status, str(error), headers=error.headers)
    if type(error) in REFUSALS:
        status, _, title = REFUSALS[type(error)]
        return Open311Error(400 if status in (409, 415, 422) else status, f"{title}: {error}")
    return None
