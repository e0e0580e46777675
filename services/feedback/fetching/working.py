"""Fetches what addresses stand for, few at a time, and makes it the picture of what they came with.

An attempt is noted before it is made, and no transaction is open meanwhile. What dies on the way is tried again when
its lease has ended; what it left in the storage is swept away, for it was noted there before.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from tempfile import SpooledTemporaryFile

import asyncpg
import prometheus_client
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.fetching import store
from services.feedback.fetching.domain import Address, NoPicture, NotNow, Reason, pause
from services.feedback.fetching.downloading import Downloads
from services.feedback.media import handlers as media
from services.feedback.media import store as stored_media
from services.feedback.media.domain import (
    ANSWER,
    NOTE,
    REQUEST,
    Attachment,
    DamagedPicture,
    Decoded,
    NotAPicture,
    Picture,
    TooManyPixels,
    UnusableMedia,
)
from services.feedback.media.handlers import Media
from services.feedback.media.receiving import IN_MEMORY
from services.feedback.media.storage import StorageUnavailable
from services.feedback.requests import store as requests
from services.feedback.writes import TooBusy
from shared import failpoints
from shared.database import TRANSIENT, connection, transaction

log = structlog.get_logger()

FETCHES = prometheus_client.Counter("media_fetches_total", "Addresses of pictures by what became of them", ["outcome"])

AT_ONCE = 8
AT_ONCE_OF_A_HOST = 2
IDLE_SECONDS = 2.0
OWN_FAULT = timedelta(minutes=1)
"""How long to wait where it is not the address that fails, but the storage here."""

UNFIT: dict[type[ValueError], Reason] = {
    NotAPicture: "not-a-picture", DamagedPicture: "damaged-picture", TooManyPixels: "too-many-pixels",
    UnusableMedia: "too-many-pictures",
}  # fmt: skip


class Fetcher:
    """Works through the addresses that are due."""

    def __init__(self, engine: AsyncEngine, media: Media, downloads: Downloads) -> None:
        self._engine = engine
        self._media = media
        self._downloads = downloads
        self._busy: Counter[str] = Counter()
        self._claiming = asyncio.Lock()

    async def run(self) -> None:
        """Works until cancelled; a fault of the database is waited out."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                found = await self.step()
            except TRANSIENT as error:
                log.warning("pictures are fetched later", error=repr(error))
                found = False
            if not found:
                await asyncio.sleep(IDLE_SECONDS)

    async def step(self) -> bool:
        """Fetches one that is due; returns whether there was one."""
        address = await self._claim()
        if address is None:
            return False
        try:
            await self._try(address)
        finally:
            self._busy[address.host] -= 1
        return True

    async def _claim(self) -> Address | None:
        async with self._claiming, connection(self._engine) as database:
            self._busy = +self._busy
            busy = [host for host, count in self._busy.items() if count >= AT_ONCE_OF_A_HOST]
            address = await store.claim(database, busy)
            if address is not None:
                self._busy[address.host] += 1
        return address

    async def _try(self, address: Address) -> None:
        try:
            if pause(address.attempts - 1) is None:  # the attempts before ended with the process that made them
                raise NoPicture("fault")
            await self._attach(address, await self._fetched(address))
        except NoPicture as fault:
            await self._give_up(address, fault.reason)
        except tuple(UNFIT) as fault:
            await self._give_up(address, UNFIT[type(fault)])
        except NotNow as fault:
            await self._put_off(address, fault.reason)
        except (StorageUnavailable, TooBusy):
            async with connection(self._engine) as database:
                await store.put_off_uncounted(database, address, OWN_FAULT)
        except TRANSIENT:
            raise
        except Exception:  # what strangers name must not end the worker
            log.exception("a picture could not be fetched", address=str(address.id))
            await self._put_off(address, "fault")

    async def _fetched(self, address: Address) -> Decoded:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            await self._downloads.get(address.url, file)
            return await self._media.decoder.decode(file)

    async def _attach(self, address: Address, decoded: Decoded) -> None:
        (picture,) = await media.put(self._engine, self._media.storage, [decoded])
        failpoints.hit("fetching.after_put")
        async with transaction(self._engine) as database:
            owner = await store.lock_owner(database, address)
            if owner is None:  # erased meanwhile, or this attempt took so long that another was made
                await stored_media.unwanted(database, [picture.id])
                return
            await _give(database, address, owner, picture)
            failpoints.hit("fetching.before_commit")
        FETCHES.labels("fetched").inc()

    async def _give_up(self, address: Address, reason: Reason) -> None:
        FETCHES.labels("given_up").inc()
        log.info("a picture is given up", address=str(address.id), reason=reason)
        async with connection(self._engine) as database:
            await store.give_up(database, address, reason)

    async def _put_off(self, address: Address, reason: Reason) -> None:
        wait = pause(address.attempts)
        if wait is None:
            await self._give_up(address, reason)
            return
        FETCHES.labels("failed").inc()
        async with connection(self._engine) as database:
            await store.put_off(database, address, reason, wait)


async def _give(database: asyncpg.Connection, address: Address, owner: store.Owner, picture: Picture) -> None:
    """It belongs to what the address came with, as if it had been uploaded by whoever gave that."""
    kind, owner_id = REQUEST, address.request_id
    if address.note_id is not None:
        kind, owner_id = NOTE, address.note_id
    if address.answer_id is not None:
        kind, owner_id = ANSWER, address.answer_id
    await stored_media.add(database, [picture], owner.contributor, None)
    await media.add(database, Attachment(kind, owner_id, owner.contributor, [picture.id]), hidden=owner.hidden)
    await store.fetched(database, address)
    await requests.touch(database, address.request_id)
