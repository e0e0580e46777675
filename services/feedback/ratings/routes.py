"""`/v1/ratings`."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.parts import parts
from services.feedback.ratings import handlers, store
from services.feedback.ratings.domain import NoSuchRating, Rating
from services.feedback.ratings.handlers import Given
from services.feedback.ratings.schemas import RatingInput, RatingReceipt, RatingView
from services.feedback.ratings.views import public
from services.feedback.writes import Write
from shared.database import connection, transaction
from shared.ids import uuid7

router = APIRouter(tags=["ratings"])


@router.post(
    "/v1/ratings",
    summary="Rate a service",
    status_code=201,
    response_class=Response,
    responses={201: {"model": RatingReceipt}},
    openapi_extra=takes(RatingInput),
)
async def post_rating(request: Request) -> Response:
    """The latest rating per contributor and service counts. Without a receipt token each one has a new contributor.

    `request_id` needs the receipt token that the request was made with.
    """
    here = parts(request)
    given = await json_body(request, RatingInput)
    giver = await givers.giver(request)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    rating = Rating(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        service_id=given.service_id,
        district_id=given.district_id,
        contributor=here.receipts.pseudonym(giver.contributor, service.jurisdiction_id),
        value=given.value,
        comment=given.comment,
        channel=given.channel,
        given_at=givers.given_at(request),
        campaign=given.campaign,
        request_id=given.request_id,
        aspects=given.judged_aspects(),
    )
    if rating.request_id is not None:
        async with connection(here.engine) as database:
            await handlers.check_request(database, rating)
    answer = Answer(201, _body(rating), giver.contributor)
    claim = givers.claim(request, giver.scope, given)
    # A batch is one statement each of replacing and inserting: it holds one rating per contributor and service.
    alone = (rating.contributor, rating.service_id)
    keys = () if claim is None else ((claim.scope, claim.key),)
    write = Write(Given(rating, giver.known, givers.comes_late(request)), answer, claim, (alone, *keys))
    return givers.response(await here.ratings.submit(write), here.receipts)


def _body(rating: Rating) -> bytes:
    return RatingView.model_validate(rating).model_dump_json().encode()


@router.get("/v1/ratings/{rating_id}", summary="A rating")
async def get_rating(request: Request, rating_id: UUID) -> RatingView:
    async with connection(parts(request).engine) as database:
        rating = await store.find(database, rating_id)
    if rating is None:
        raise NoSuchRating(f"{rating_id}")
    return public(rating)


@router.delete("/v1/ratings/{rating_id}", summary="Take a rating back")
async def delete_rating(request: Request, rating_id: UUID) -> RatingView:
    """Needs the receipt token that was given for it. From then on it counts as if it had never been given."""
    here = parts(request)
    contributor = givers.holder(request)

    def is_giver(rating: Rating) -> bool:
        return rating.contributor == here.receipts.pseudonym(contributor, rating.jurisdiction_id)

    async with transaction(here.engine) as database:
        rating = await handlers.take_back(database, rating_id, is_giver, datetime.now(UTC))
    return RatingView.model_validate(rating)
