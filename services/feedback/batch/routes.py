"""`/v1/batch`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from msgspec import json
from pydantic import ValidationError

from services.feedback import givers
from services.feedback.batch import domain, inside, kinds
from services.feedback.batch.schemas import BatchInput, BatchResult, ItemInput, ItemResult
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency import store as keys
from services.feedback.idempotency.domain import Claim
from services.feedback.parts import Parts, parts
from services.feedback.people import acting
from services.feedback.people import store as people
from services.feedback.people.domain import Erased, Identity
from shared.database import connection
from shared.problems import Problem

router = APIRouter(tags=["batch"])


@router.post(
    "/v1/batch",
    summary="Give up to 100 inputs at once",
    response_model_exclude_none=True,
    openapi_extra=takes(BatchInput),
)
async def post_batch(request: Request) -> BatchResult:
    """In any order, late, and again: an item that was taken before is answered as it was then, for 60 days at least.

    An item that is refused does not keep others from being taken, other than those that refer to it.
    """
    here = parts(request)
    batch = await json_body(request, BatchInput)
    identity = await _identity(request, here, batch)
    await _count(request, identity, len(batch.items))
    now = datetime.now(UTC)
    results: dict[int, ItemResult] = {}
    items = [item for each in enumerate(batch.items) if (item := _read(*each, now, results)) is not None]
    await _take_all(request, identity, items, now, results)
    told = [results[position] for position in range(len(batch.items))]
    return BatchResult(items=told, receipt_token=here.receipts.token(identity.contributor))


async def _identity(request: Request, here: Parts, batch: BatchInput) -> Identity:
    """Who gives all of it. Raises Erased, or a problem where nobody says."""
    known = givers.identity(request)
    if known is not None:
        return known
    if batch.giver is None:
        detail = "Send a receipt token or the token of an account; or, as `giver`, a random id that the app keeps"
        raise Problem(422, "giver-needed", "Whose is it?", detail)
    contributor = here.receipts.contributor_of_app(batch.giver)
    made = Identity(contributor, here.receipts.mark(contributor))
    acting.mark.set(made.mark)
    async with connection(here.engine) as database:
        if await people.is_erased(database, made.mark):
            raise Erased("What this giver stood for was erased")
    await request.app.state.limiter.give(request.scope, made.mark)
    return made


async def _count(request: Request, identity: Identity, items: int) -> None:
    """Each item counts as a request; the first one has been counted as this one."""
    if items > 1:
        await request.app.state.limiter.arrive(request.scope, items - 1)
        await request.app.state.limiter.give(request.scope, identity.mark, items - 1)


def _read(position: int, sent: dict[str, Any], now: datetime, results: dict[int, ItemResult]) -> domain.Item | None:
    """An item as it was sent; None where it cannot be understood, which `results` then says."""
    name = sent.get("id")
    told = name if isinstance(name, str) and len(name) <= 100 else None
    try:
        item = ItemInput.model_validate(sent)
        kinds.route(item.kind, item.body)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:10])
        results[position] = _refused(told, Problem(422, "invalid-input", "The input is not valid", faults))
    except (kinds.UnknownKind, kinds.Unaddressed) as error:
        results[position] = _refused(told, Problem(422, "invalid-input", "The input is not valid", str(error)))
    else:
        return domain.Item(position, item.id, item.kind, item.made_at or now, item.body)
    return None


async def _take_all(
    request: Request, identity: Identity, items: Sequence[domain.Item], now: datetime, results: dict[int, ItemResult]
) -> None:
    """One after the other, so that of two ratings the later one counts, and what is referred to is there."""
    known = await _earlier(parts(request), identity, items)
    for item, needs in domain.in_order(items):
        if missing := sorted(needs - known.keys()):
            detail = f"It refers to {', '.join(missing)}, which was not taken"
            results[item.position] = _refused(str(item.id), Problem(424, "not-there", "Something is not there", detail))
            continue
        body = domain.filled(item.body, known)
        results[item.position] = result = await _take(request, identity, replace(item, body=body), now)
        if result.answer is not None and isinstance(result.answer.get("id"), str):
            known[str(item.id)] = result.answer["id"]


async def _earlier(here: Parts, identity: Identity, items: Sequence[domain.Item]) -> dict[str, str]:
    """What inputs that came in earlier batches are known by, of those that these may refer to."""
    scope = str(identity.contributor)
    names = {name for item in items for name in domain.named(item.body) if domain.is_id(name)}
    names -= {str(item.id) for item in items}
    if not names:
        return {}
    claims = [Claim(scope, inside.KEY_OF_ITEMS + name, b"") for name in names]
    async with connection(here.engine) as database:
        kept = await keys.recall(database, claims)
    told = {key.removeprefix(inside.KEY_OF_ITEMS): json.decode(found.answer.body) for (_, key), found in kept.items()}
    return {name: document["id"] for name, document in told.items() if isinstance(document.get("id"), str)}


async def _take(request: Request, identity: Identity, item: domain.Item, now: datetime) -> ItemResult:
    try:
        given_at = domain.given_at(item.made_at, now)
    except domain.FromTheFuture as error:
        return _refused(
            str(item.id), Problem(422, "impossible-time", "It cannot have been made at that time", str(error))
        )
    except domain.TooOld as error:
        return _refused(str(item.id), Problem(422, "too-old", "It was made too long ago", str(error)))
    route = kinds.route(item.kind, item.body)
    status, document = await inside.send_to(route, request, item.id, identity, given_at)
    if status < 400:
        document.pop("receipt_token", None)
        return ItemResult(id=str(item.id), status=status, answer=document)
    return ItemResult(id=str(item.id), status=status, problem=document)


def _refused(item_id: str | None, problem: Problem) -> ItemResult:
    return ItemResult(id=item_id, status=problem.status, problem=problem.document)
