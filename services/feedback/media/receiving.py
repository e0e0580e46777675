"""Files as they come in: onto disk piece by piece, and no more of them than is taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.feedback.media.domain import MOST, TooLong
from shared.problems import Problem

IN_MEMORY = 65_536
MOST_FIELDS = 1_000


class _Files(MultiPartParser):
    """Reads a form to its end; of a file that is too long, it keeps only that it is."""

    spool_max_size = IN_MEMORY

    def __init__(self, request: Request, most_bytes: int) -> None:
        super().__init__(request.headers, request.stream(), max_files=MOST, max_fields=MOST_FIELDS)
        self._most_bytes = most_bytes
        self._bytes = 0
        self.too_long = False
        self._ended = False

    def on_end(self) -> None:
        self._ended = True

    async def parse(self) -> FormData:
        """Raises MultiPartException, also where the form breaks off."""
        found = await super().parse()
        if not self._ended:
            await found.close()
            raise MultiPartException("It breaks off.")
        return found

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._bytes += end - start
        if self._current_part.file is not None and self._bytes > self._most_bytes:
            self.too_long = True
        else:
            super().on_part_data(data, start, end)


@asynccontextmanager
async def form(request: Request, most_bytes: int, seconds: float) -> AsyncIterator[FormData]:
    """A form with files, read within that many seconds. Raises MultiPartException, TooLong, or a problem (408)."""
    parser = _Files(request, most_bytes)
    async with _in_time(seconds):
        found = await parser.parse()
    try:
        if parser.too_long:
            raise _too_long(most_bytes)
        yield found
    finally:
        await found.close()


@asynccontextmanager
async def body(request: Request, most_bytes: int, seconds: float) -> AsyncIterator["SpooledTemporaryFile[bytes]"]:
    """A body that is one file. Raises TooLong, or a problem (408)."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        size = 0
        async with _in_time(seconds):
            async for piece in request.stream():
                size += len(piece)
                if size <= most_bytes:
                    await run_in_threadpool(file.write, piece)
        if size > most_bytes:
            raise _too_long(most_bytes)
        yield file


def files(form: FormData) -> list["SpooledTemporaryFile[bytes]"]:
    """The files of a form, under whatever names. A field for which nobody chose a file comes without name and bytes."""
    found = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    return [cast("SpooledTemporaryFile[bytes]", each.file) for each in found if each.filename or each.size]


def _too_long(most_bytes: int) -> TooLong:
    return TooLong(f"up to {most_bytes:,} bytes are taken")


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """Whoever sends a byte a minute holds a connection and a file for as long as this."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Problem(
            408, "too-slow", "It took too long to come in", f"There are {seconds:g} seconds for it"
        ) from error
