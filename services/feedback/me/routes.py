"""`/v1/me`."""

from fastapi import APIRouter, Request

from services.feedback import givers
from services.feedback.directory import store as directory
from services.feedback.me.schemas import Mine
from services.feedback.parts import parts
from services.feedback.ratings import store as ratings
from services.feedback.ratings.schemas import RatingView
from services.feedback.requests import store as requests
from services.feedback.requests.schemas import RequestView
from shared.database import connection

router = APIRouter(tags=["me"])

MOST_REQUESTS = 1_000


@router.get("/v1/me", summary="What I gave")
async def get_me(request: Request) -> Mine:
    """Needs a receipt token. The newest 1,000 requests, and the ratings that count."""
    here = parts(request)
    contributor = givers.holder(request, here.receipts)
    async with connection(here.engine) as database:
        names = [here.receipts.pseudonym(contributor, city) for city in await directory.jurisdictions(database)]
        requested = await requests.of_contributors(database, names, MOST_REQUESTS)
        rated = await ratings.current_of(database, names)
    return Mine(
        requests=[RequestView.model_validate(item) for item in requested],
        ratings=[RatingView.model_validate(item) for item in rated],
    )
