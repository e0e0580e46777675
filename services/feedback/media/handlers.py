"""What can be done with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.media import store
from services.feedback.media.decoding import Decoder
from services.feedback.media.domain import MOST_OF_ONE, Attachment, Decoded, Picture, UnusableMedia
from services.feedback.media.storage import FULL, THUMBNAIL, Storage
from services.feedback.people import acting
from services.feedback.people import store as people
from shared.database import connection, transaction


@dataclass(frozen=True, slots=True)
class Media:
    """Where pictures are kept and how they are read, and how much is taken at once."""

    storage: Storage
    most_bytes: int
    seconds: float
    decoder: Decoder = field(default_factory=Decoder)

    async def keep(
        self,
        engine: AsyncEngine,
        files: Sequence["SpooledTemporaryFile[bytes]"],
        contributor: str | None,
        author: str | None = None,
    ) -> list[Picture]:
        """Keeps what files hold, all of it or nothing; it belongs to nothing yet.

        Raises NotAPicture, DamagedPicture, TooManyPixels, TooBusy, StorageUnavailable, or Erased.
        """
        decoded = [await self.decoder.decode(file) for file in files]
        return await keep(engine, self.storage, decoded, contributor, author)


async def keep(
    engine: AsyncEngine, storage: Storage, decoded: Sequence[Decoded], contributor: str | None, author: str | None
) -> list[Picture]:
    """The storage first, then the table: what the table has is there, whenever the process dies."""
    kept = await put(engine, storage, decoded)
    async with transaction(engine) as database:
        await people.must_be_known(database, acting.mark.get())
        await store.add(database, kept, contributor, author)
    return kept


async def put(engine: AsyncEngine, storage: Storage, decoded: Sequence[Decoded]) -> list[Picture]:
    """Has the storage keep pictures that are to be added to the table. Raises StorageUnavailable.

    What it is to get is noted before, so that it is swept away where the table does not come to have it.
    """
    kept = [Picture(uuid4(), each.width, each.height) for each in decoded]
    async with connection(engine) as database:
        await store.expect(database, [picture.id for picture in kept])
    for picture, each in zip(kept, decoded, strict=True):
        await storage.put(picture.id, FULL, each.full)
        await storage.put(picture.id, THUMBNAIL, each.thumbnail)
    return kept


async def usable(engine: AsyncEngine, ids: Sequence[UUID], giver: str | None) -> tuple[Picture, ...]:
    """The pictures that are to be attached, as they will be shown. Raises UnusableMedia.

    What was uploaded with a receipt token is for its holder, whose name here is `giver`. Whether they are still free
    shows when they are attached.
    """
    async with connection(engine) as database:
        found = await store.find(database, ids)
    for each in ids:
        if each not in found or (found[each].owner_id is None and found[each].contributor not in (None, giver)):
            raise UnusableMedia(f"{each}: nothing of yours is waiting under this id")
    return tuple(found[each].picture for each in dict.fromkeys(ids))


async def add(connection: asyncpg.Connection, to: Attachment, *, hidden: bool = False) -> None:
    """Attaches pictures, if there are any, to what may have some; with `hidden`, out of sight as it is itself.

    Raises UnusableMedia.
    """
    if to.pictures:
        await attach(connection, [to], new=False)
        if hidden:
            await store.hide(connection, to.kind, [to.owner_id], hidden=True)


async def attach(connection: asyncpg.Connection, attachments: Sequence[Attachment], *, new: bool = True) -> None:
    """Attaches pictures, each once. `new` says that what they belong to has none yet. Raises UnusableMedia."""
    wanted = [each for attachment in attachments for each in attachment.pictures]
    free = await store.lock_free(connection, wanted)
    for attachment in attachments:
        after = 0 if new else await store.count(connection, attachment.kind, attachment.owner_id)
        if after + len(attachment.pictures) > MOST_OF_ONE:
            raise UnusableMedia(f"{attachment.owner_id} cannot have more than {MOST_OF_ONE}")
        taken = [each for each in attachment.pictures if each not in free]
        if taken:
            raise UnusableMedia(f"{taken[0]}: it belongs to something already")
        free.difference_update(attachment.pictures)
        await store.attach(connection, attachment, after)
