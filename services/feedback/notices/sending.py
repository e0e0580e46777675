"""Sends what followers are to be told: each mail at least once, and never two at a time to one follower.

A mail is handed in before that is committed: after a death in between it is sent again, with the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage

import aiosmtplib
import asyncpg
import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.notices import smtp, store
from services.feedback.notices.domain import Follow
from services.feedback.notices.mails import Writer
from services.feedback.notices.smtp import Server
from shared.database import TRANSIENT, connection, transaction

log = structlog.get_logger()

SENT = Counter("mails_total", "Mails to followers by what became of them", ["outcome"])

IDLE_SECONDS = 1.0
KEPT = timedelta(days=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
MOST_FAILURES = 20
"""After so many in a row, over some days, an address is given up."""

UNWRITABLE = (aiosmtplib.SMTPNotSupported, MessageError, ValueError)
"""The address is one that no mail, or none by this server, can be written to: that must not stop the others'."""


class Sender:
    """Works through the follows to whom a mail is due."""

    def __init__(self, engine: AsyncEngine, server: Server, writer: Writer) -> None:
        self._engine = engine
        self._server = server
        self._writer = writer

    async def run(self) -> None:
        """Works until cancelled; a fault of the database is waited out."""
        while True:
            try:
                busy = await self.step()
            except TRANSIENT as error:
                log.warning("mails wait for the database", error=repr(error))
                busy = False
            if not busy:
                await self._forget()
                await asyncio.sleep(IDLE_SECONDS)

    async def step(self) -> bool:
        """Sends one mail that is due; returns whether there was one."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as database:
            follow = await store.due(database, now)
            if follow is None:
                return False
            rows = [] if follow.confirmed_at is None else await store.untold(database, follow.id)
            try:
                mail = await self._mail(database, follow, rows)
                await smtp.send(self._server, mail)
            except aiosmtplib.SMTPRecipientsRefused as refused:
                permanent = all(500 <= each.code < 600 for each in refused.recipients)
                await self._failed(database, follow, refused, give_up=permanent)
            except UNWRITABLE as error:
                await self._failed(database, follow, error, give_up=True)
            except (aiosmtplib.SMTPException, OSError) as error:
                await self._failed(database, follow, error, give_up=False)
            else:
                SENT.labels("sent").inc()
                if rows:
                    await store.told(database, follow.id, [row["id"] for row in rows], now)
                else:
                    await store.asked(database, follow.id, now)
        return True

    async def _mail(self, database: asyncpg.Connection, follow: Follow, rows: Sequence[asyncpg.Record]) -> EmailMessage:
        if follow.confirmed_at is None:
            return await self._writer.confirmation(database, follow)
        return await self._writer.news(database, follow, rows)

    async def _failed(self, database: asyncpg.Connection, follow: Follow, error: Exception, *, give_up: bool) -> None:
        """Later, ever more rarely; an address that the server does not know, or does not take for days, is dropped."""
        failures = await store.failed(database, follow.id)
        if give_up or failures > MOST_FAILURES:
            SENT.labels("given_up").inc()
            await store.end(database, follow.id)
            log.warning("a subscription was ended, its address takes no mail", follow=str(follow.id))
            return
        SENT.labels("failed").inc()
        pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
        await store.try_again(database, follow.id, datetime.now(UTC) + pause)
        log.warning("a mail was not taken", follow=str(follow.id), error=type(error).__name__, again_in=str(pause))

    async def _forget(self) -> None:
        try:
            async with connection(self._engine) as database:
                await store.forget(database, datetime.now(UTC) - KEPT)
        except TRANSIENT:
            pass
