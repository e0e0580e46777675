"""Finds out who sends a request, before any route does: ASGI middleware.

What is wrong with who they say they are is kept, and raised by the route that asks: so that it is told as that route
tells its problems, and keeps nobody from reading what is public.
"""

from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from services.feedback.limits.limiter import Limiter
from services.feedback.people import acting, store
from services.feedback.people.domain import Erased, Identity, Person
from services.feedback.people.oidc import Providers, SignIn, is_token
from services.feedback.people.tokens import sent
from services.feedback.receipts import Receipts
from shared.database import connection

IDENTITY = "civicloop.identity"
"""Of a scope: the Identity, None, or why it is not known."""


class Door:
    """Puts who sends a request into its scope; a request that has passed before goes straight through."""

    def __init__(
        self, app: ASGIApp, engine: AsyncEngine, receipts: Receipts, providers: Providers, limiter: Limiter
    ) -> None:
        self._app = app
        self._engine = engine
        self._receipts = receipts
        self._providers = providers
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and IDENTITY not in scope:
            scope[IDENTITY] = identity = await self._identity(scope)
            acting.mark.set(identity.mark if isinstance(identity, Identity) else None)
        await self._app(scope, receive, send)

    async def _identity(self, scope: Scope) -> Identity | Exception | None:
        token = sent(scope["headers"])
        if token is None:
            return None
        try:
            identity = await (self._of_account(token) if is_token(token) else self._of_receipt(token))
            await self._limiter.give(scope, identity.mark)
            return identity
        except Exception as error:
            return error

    async def _of_receipt(self, token: str) -> Identity:
        contributor = self._receipts.contributor(token)
        identity = Identity(contributor, self._receipts.mark(contributor))
        async with connection(self._engine) as database:
            if await store.is_erased(database, identity.mark):
                raise Erased("What this token stood for was erased")
        return identity

    async def _of_account(self, token: str) -> Identity:
        told = await self._providers.verify(token)
        async with connection(self._engine) as database:
            person = await self._person(database, told)
        return Identity(person.contributor, self._receipts.mark(person.contributor), told.at)

    async def _person(self, database: asyncpg.Connection, told: SignIn) -> Person:
        """Whose account it is: a new contributor's, where nobody has used it since it was erased."""
        mark = self._receipts.account_mark(told.issuer, told.subject)
        known = await store.account(database, told.issuer, told.subject, mark)
        if known.erased_at is not None and told.at <= known.erased_at:
            raise Erased("All of this account was erased after this sign-in")
        person = known.person
        if person is None or (person.email, person.language) != (told.email, told.language):
            await store.add(database, uuid4(), told)
            person = (await store.account(database, told.issuer, told.subject, mark)).person
        if person is None:
            raise Erased("All of this account was erased just now")
        return person
