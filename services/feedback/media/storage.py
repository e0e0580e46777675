"""Where pictures are kept: a folder, or an S3-compatible storage; to whoever keeps them it is the same."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

log = structlog.get_logger()

FULL, THUMBNAIL = "full", "thumbnail"
VERSIONS = (FULL, THUMBNAIL)


class StorageUnavailable(Exception):
    """The storage does not answer, or not as it should."""


class Missing(LookupError):
    """The storage does not have it."""


class Storage:
    """Keeps both versions of each picture under its id.

    `url` is `file:///folder` or `s3://bucket/prefix`; keys and endpoint of the latter come from the environment, in
    the names of AWS. Nothing is reached before it is used.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _store(self) -> ObjectStore:
        parts = urlsplit(self._url)
        if parts.scheme == "file":
            return LocalStore(unquote(parts.path), mkdir=True)
        return from_url(
            self._url,
            client_options={"timeout": "30s", "connect_timeout": "5s", "allow_http": True},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=30)},
        )

    async def put(self, picture: UUID, version: str, content: bytes) -> None:
        """Keeps a version of a picture. Raises StorageUnavailable."""
        try:
            await obstore.put_async(self._store, _path(picture, version), content)
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    async def get(self, picture: UUID, version: str) -> bytes:
        """A version of a picture. Raises Missing or StorageUnavailable."""
        try:
            found = await obstore.get_async(self._store, _path(picture, version))
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise Missing(f"{version} of {picture}") from error
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    async def delete(self, pictures: Iterable[UUID]) -> None:
        """Deletes all of some pictures, those that are not there as well. Raises StorageUnavailable."""
        for path in [_path(picture, version) for picture in pictures for version in VERSIONS]:
            try:
                await obstore.delete_async(self._store, path)
            except FileNotFoundError:
                pass
            except (BaseError, OSError) as error:
                raise _unavailable(error) from error


def _path(picture: UUID, version: str) -> str:
    """By the first digits of the id, so that no folder has too many files."""
    return f"{picture.hex[:2]}/{picture.hex}.{version}.jpg"


def _unavailable(error: Exception) -> StorageUnavailable:
    """The reason is for the log: it names machines that nobody outside need know."""
    log.warning("the storage of pictures fails", error=str(error).partition("\n")[0])
    return StorageUnavailable("It may in a while")
