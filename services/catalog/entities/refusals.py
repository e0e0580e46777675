"""What the model does not allow, as callers are told it."""

from fastapi import FastAPI, Request

from services.catalog.entities.domain import Refusal, Refused
from shared.problems import Problem, ProblemResponse, problem_response


def answer_refusals(app: FastAPI) -> None:
    """Makes an application answer refusals with a problem (422)."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(Refused, _on_refusal)


async def _on_refusal(_: Request, error: Exception) -> ProblemResponse:
    refusals = error.refusals if isinstance(error, Refused) else [error]
    first = refusals[0]
    assert isinstance(first, Refusal)  # the two kinds that this is installed for
    more = [
        {"at": str(each.about), "in": "body", "message": str(each)} for each in refusals if isinstance(each, Refusal)
    ]
    problem = Problem(422, first.slug, first.title, str(first))
    if len(more) > 1:
        problem.document["errors"] = more[:100]
    return problem_response(problem)
