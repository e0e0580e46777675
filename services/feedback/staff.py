"""Who works for the city: routes that only staff may use, and those that citizens may use as well."""

from typing import Annotated

from fastapi import Depends, Request

from shared.auth import Caller, optional_caller, require

SCOPE = "feedback:staff"

Staff = Annotated[Caller, Depends(require(SCOPE))]
"""A parameter of a route that is for staff alone."""


async def staff_or_none(request: Request) -> Caller | None:
    """The member of staff who sends a request; None where it is somebody else. A problem where an API key is wrong."""
    caller = await optional_caller(request)
    return caller if caller is not None and caller.may(SCOPE) else None


async def must_be_staff(request: Request) -> Caller:
    """For what a route for all tells staff alone. Raises a problem: 401 without a key, 403 without the scope."""
    return await require(SCOPE)(await optional_caller(request))
