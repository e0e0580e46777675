"""Feedback's application with two routes to compare `POST /v1/ratings` with, in the same process.

`/reference/nothing` reads and validates the same body and answers. `/reference/one-transaction` does what the real
route does, durably and with its event, the usual way: one SQLAlchemy transaction for each request.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI, Request, Response
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    insert,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import Route

from services.feedback import givers
from services.feedback.app import create_app as create_feedback
from services.feedback.bodies import json_body
from services.feedback.idempotency.domain import Answer
from services.feedback.parts import parts
from services.feedback.ratings import publishes
from services.feedback.ratings.domain import Rating
from services.feedback.ratings.schemas import RatingInput, RatingView
from services.feedback.ratings.store import FIELDS
from shared.ids import uuid7
from shared.outbox.append import Outgoing, part_of

ANSWERED = b'{"id":"01a21068-f35c-73df-b7f4-3bee6e13c195","service_id":"boston.dead-animal-pickup","value":4}'

router = APIRouter(prefix="/reference")
metadata = MetaData()
rating_table = Table(
    "rating",
    metadata,
    Column("id", Uuid, primary_key=True),
    *(Column(name, Text) for name in ("jurisdiction_id", "service_id", "district_id", "contributor")),
    Column("value", SmallInteger),
    *(Column(name, Text) for name in ("comment", "comment_masked", "channel", "state", "campaign")),
    *(Column(name, DateTime(timezone=True)) for name in ("given_at", "withdrawn_at", "hidden_at")),
    *(Column(name, Uuid) for name in ("replaced_by", "request_id")),
    Column("aspects", JSONB(none_as_null=True)),
)
counter_table = Table("outbox_counter", metadata, Column("part", SmallInteger), Column("seq", BigInteger))
outbox_table = Table(
    "outbox",
    metadata,
    Column("part", SmallInteger),
    Column("seq", BigInteger),
    Column("id", Uuid),
    *(Column(name, Text) for name in ("aggregatetype", "aggregateid", "type", "content_type")),
    Column("payload", LargeBinary),
    *(Column(name, DateTime(timezone=True)) for name in ("occurred_at", "created_at")),
)


@router.post("/nothing", status_code=201, response_class=Response)
async def nothing(request: Request) -> Response:
    await json_body(request, RatingInput)
    return Response(ANSWERED, 201, media_type="application/json")


@router.post("/one-transaction", status_code=201, response_class=Response)
async def one_transaction(request: Request) -> Response:
    here = parts(request)
    given = await json_body(request, RatingInput)
    giver = await givers.giver(request)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    rating = Rating(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        contributor=here.receipts.pseudonym(giver.contributor, service.jurisdiction_id),
        given_at=datetime.now(UTC),
        **dict(given),
    )
    async with here.engine.begin() as connection:
        await connection.execute(insert(rating_table).values({name: getattr(rating, name) for name in FIELDS}))
        await append(connection, publishes.rating_given(rating, None))
    body = RatingView.model_validate(rating).model_dump_json().encode()
    return givers.response(Answer(201, body, giver.contributor), here.receipts)


async def append(connection: AsyncConnection, event: Outgoing) -> None:
    part, seq = part_of(event.key), counter_table.c.seq
    counted = update(counter_table).where(counter_table.c.part == part).values(seq=seq + 1).returning(seq)
    await connection.execute(
        insert(outbox_table).values(
            part=part,
            seq=(await connection.execute(counted)).scalar_one(),
            id=event.id,
            aggregatetype=event.topic,
            aggregateid=event.key,
            type=event.type,
            content_type=event.content_type,
            payload=event.data,
            occurred_at=event.occurred_at,
            created_at=datetime.now(UTC),
        )
    )


def create_app() -> FastAPI:
    app = create_feedback()
    app.include_router(router)
    # Routes are tried in order: the ones to compare with stand next to the one that is measured.
    routes = app.router.routes
    routes.insert(next(n for n, route in enumerate(routes) if not isinstance(route, Route)), routes.pop())
    return app
