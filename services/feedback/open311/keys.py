"""API keys as the standard has them: a field `api_key`."""

from fastapi import Request

from services.feedback.open311 import intake
from services.feedback.open311.errors import Open311Error
from shared.auth import Caller, Keyring


async def caller(request: Request, fields: intake.Fields) -> Caller | None:
    """Who holds the key that came along; None without one. Raises Open311Error (403) where it opens nothing."""
    key = intake.first(fields, "api_key")
    if not key:
        return None
    keyring: Keyring = request.app.state.keyring
    found = await keyring.caller(key)
    if found is None:
        raise Open311Error(403, "api_key is not known here, or was revoked")
    return found


async def staff(request: Request, fields: intake.Fields) -> Caller:
    """Who holds the key, which has to be one of staff. Raises Open311Error (403)."""
    found = await caller(request, fields)
    if found is None:
        raise Open311Error(403, "api_key was not provided")
    if not found.may("feedback:staff"):
        raise Open311Error(403, "api_key does not allow this: it needs the scope feedback:staff")
    return found
