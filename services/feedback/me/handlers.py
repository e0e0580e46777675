"""What somebody can do with all that they gave, each inside one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.feedback.me import store
from services.feedback.me.store import Erasure, Whose
from services.feedback.moderation import store as moderation
from services.feedback.people import store as people
from services.feedback.people.domain import Erased, Identity, JoinedElsewhere
from services.feedback.ratings import store as ratings
from services.feedback.ratings.domain import NoSuchRating, NotCurrent, Rating, SomebodyElses
from services.feedback.receipts import Receipts
from services.feedback.requests import store as requests
from services.feedback.requests.domain import IllegalStep, Request
from services.feedback.requests.handlers import locked


async def pseudonyms(connection: asyncpg.Connection, receipts: Receipts, givers: Sequence[UUID]) -> list[str]:
    """What rows may call these contributors; what belongs to no jurisdiction yet is of one without a name."""
    places = ["", *await store.jurisdictions(connection)]
    return [receipts.pseudonym(giver, place) for giver in givers for place in places]


async def givers_of(connection: asyncpg.Connection, identity: Identity) -> list[UUID]:
    """Who somebody is: themselves, and those whose receipts they joined to their account."""
    return [identity.contributor, *await people.joined(connection, identity.contributor)]


async def same_person(
    connection: asyncpg.Connection, receipts: Receipts, contributor: UUID, jurisdiction_id: str
) -> list[str]:
    """What rows of a jurisdiction call a contributor and whoever is the same person, by an account that joins them."""
    who = await people.same_person(connection, contributor)
    return [receipts.pseudonym(each, jurisdiction_id) for each in who]


async def persons(
    connection: asyncpg.Connection, receipts: Receipts, jurisdiction_id: str, names: Collection[str]
) -> dict[str, str]:
    """Of what rows of a jurisdiction call contributors, that which an account joins: by one name for each person."""
    found: dict[str, str] = {}
    async for contributors in people.everybody_joined(connection):
        same = [name for each in contributors if (name := receipts.pseudonym(each, jurisdiction_id)) in names]
        found |= dict.fromkeys(same, same[0]) if len(same) > 1 else {}
    return found


async def ask_for_erasure(connection: asyncpg.Connection, receipts: Receipts, identity: Identity) -> Erasure:
    """Marks a contributor as erased: once it is committed, nothing of theirs is taken, and all there is goes.

    Raises Erased where they are already. Waits for what is being written for them, so that nothing comes after.
    """
    now = datetime.now(UTC)
    person = await people.find(connection, identity.contributor, "FOR UPDATE")
    givers = await givers_of(connection, identity)
    marks = [receipts.mark(giver) for giver in givers]
    await people.lock(connection, marks)
    if await people.is_erased(connection, identity.mark):
        raise Erased("What this token stood for was erased")
    await people.erase(connection, marks)
    await people.part(connection, identity.contributor)
    if person is not None:  # shown by signing in, or by the receipt of what was given signed in
        account = receipts.account_mark(person.issuer, person.subject)
        await people.forget(connection, person.contributor, account, max(now, identity.signed_in_at or now))
    erasure = Erasure(uuid4(), now, 0, None)
    await store.add(connection, erasure, Whose(givers, await pseudonyms(connection, receipts, givers)))
    return erasure


async def join(connection: asyncpg.Connection, receipts: Receipts, identity: Identity, contributor: UUID) -> None:
    """Joins what was given with a receipt token to an account. Raises Erased or JoinedElsewhere.

    What somebody gave signed in is their account's already, and no other's.
    """
    await people.find(connection, identity.contributor, "FOR KEY SHARE")  # before the marks, as whoever erases does
    if await people.erased_among(connection, [identity.mark, receipts.mark(contributor)]):
        raise Erased("What one of the tokens stood for was erased")
    if contributor == identity.contributor:
        return
    of_account = await people.find(connection, contributor) is not None
    if of_account or await people.join(connection, contributor, identity.contributor) != identity.contributor:
        raise JoinedElsewhere("It can be joined to one account only")


async def correct_request(
    connection: asyncpg.Connection,
    receipts: Receipts,
    identity: Identity,
    request_id: UUID,
    texts: Mapping[str, Any],
    contact: Mapping[str, str] | None,
) -> Request:
    """Changes what an open request says, for its giver. Raises NoSuchRequest, SomebodyElses or IllegalStep."""
    await people.must_be_known(connection, identity.mark)
    request = await locked(connection, request_id)
    if not await is_giver(connection, receipts, identity, request.contributor, request.jurisdiction_id):
        raise SomebodyElses(f"request {request_id} was made by somebody else")
    if request.status != "open":
        raise IllegalStep(f"request {request_id} is closed; an open one can be corrected")
    corrected = replace(request, **texts)
    await requests.correct(connection, corrected, contact)
    if corrected.description != request.description:
        await moderation.reworded(connection, "request", request_id, datetime.now(UTC))
    return corrected


async def correct_rating(
    connection: asyncpg.Connection, receipts: Receipts, identity: Identity, rating_id: UUID, comment: str | None
) -> Rating:
    """Changes the comment of a rating that counts, for its giver. Raises NoSuchRating, SomebodyElses or NotCurrent."""
    await people.must_be_known(connection, identity.mark)
    rating = await ratings.find(connection, rating_id, lock=True)
    if rating is None:
        raise NoSuchRating(f"{rating_id}")
    if not await is_giver(connection, receipts, identity, rating.contributor, rating.jurisdiction_id):
        raise SomebodyElses(f"rating {rating_id} was given by somebody else")
    if rating.state != "current":
        raise NotCurrent(f"rating {rating_id} is {rating.state}")
    corrected = replace(rating, comment=comment)
    await ratings.correct(connection, corrected)
    if corrected.comment != rating.comment:
        await moderation.reworded(connection, "rating", rating_id, datetime.now(UTC))
    return corrected


async def is_giver(
    connection: asyncpg.Connection,
    receipts: Receipts,
    identity: Identity,
    contributor: str | None,
    jurisdiction_id: str,
) -> bool:
    """Whether somebody is whom a row of that jurisdiction calls so, with an account also before they had it."""
    givers = await givers_of(connection, identity)
    return contributor in {receipts.pseudonym(giver, jurisdiction_id) for giver in givers}
