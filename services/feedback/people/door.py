"""Finds out who sends a request, before any route does: ASGI middleware.

What is wrong with who they say they are is kept, and raised by the route that asks: so that it is told as that route
tells its problems, and keeps nobody from reading what is public.
"""

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from services.feedback.people import acting, store
from services.feedback.people.domain import Erased, Identity
from services.feedback.people.tokens import sent
from services.feedback.receipts import Receipts
from shared.database import connection

IDENTITY = "civicloop.identity"
"""Of a scope: the Identity, None, or why it is not known."""


class Door:
    """Puts who sends a request into its scope; a request that has passed before goes straight through."""

    def __init__(self, app: ASGIApp, engine: AsyncEngine, receipts: Receipts) -> None:
        self._app = app
        self._engine = engine
        self._receipts = receipts

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
            return await self._of_receipt(token)
        except Exception as error:
            return error

    async def _of_receipt(self, token: str) -> Identity:
        contributor = self._receipts.contributor(token)
        identity = Identity(contributor, self._receipts.mark(contributor))
        async with connection(self._engine) as database:
            if await store.is_erased(database, identity.mark):
                raise Erased("What this token stood for was erased")
        return identity
