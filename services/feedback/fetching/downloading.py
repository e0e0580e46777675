"""Gets what stands at an address into a file, within bounds of bytes and time."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from ssl import SSLContext
from tempfile import SpooledTemporaryFile

import httpcore
import httpx

from services.feedback.fetching.domain import NoPicture, NotNow
from services.feedback.fetching.guarded import Guarded
from services.feedback.fetching.networks import Network

# Asked for as it is: nothing is ever unfolded, so that nothing can unfold to more than came.
HEADERS = ((b"User-Agent", b"Civicloop"), (b"Accept", b"image/*"), (b"Accept-Encoding", b"identity"))
PASSING = {408, 425, 429}
"""Refusals that may pass, as all from 500 on may."""


class Downloads:
    """Gets pictures on behalf of strangers. Without cookies, credentials or proxies; redirects are not followed."""

    def __init__(self, most_bytes: int, seconds: float, opened: Sequence[Network], at_once: int) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._backend = Guarded(opened, at_once)

    @cached_property
    def _certificates(self) -> SSLContext:
        return httpx.create_ssl_context()

    async def get(self, address: str, file: "SpooledTemporaryFile[bytes]") -> None:
        """Raises NoPicture or NotNow."""
        url = _parsed(address)
        try:
            async with asyncio.timeout(self._seconds):
                await self._get(url, file)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise NotNow("too-slow") from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise NotNow("unreachable") from error
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
            raise NoPicture("malformed-address") from error

    async def _get(self, url: httpx.URL, file: "SpooledTemporaryFile[bytes]") -> None:
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers = [(b"Host", url.netloc), *HEADERS]
        async with (
            httpcore.AsyncConnectionPool(self._certificates, network_backend=self._backend) as pool,
            pool.stream("GET", target, headers=headers) as response,
        ):
            _check(response.status)
            size = _told_length(response)
            if size > self._most_bytes:
                raise NoPicture("file-too-large")
            size = 0
            async for piece in response.aiter_stream():
                size += len(piece)
                if size > self._most_bytes:
                    raise NoPicture("file-too-large")
                await asyncio.to_thread(file.write, piece)


def _parsed(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise NoPicture("malformed-address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NoPicture("malformed-address")
    return url


def _check(status: int) -> None:
    if status == 200:
        return
    if 300 <= status < 400:
        raise NoPicture("redirected")
    if status in PASSING or status >= 500:
        raise NotNow("refused")
    raise NoPicture("refused")


def _told_length(response: httpcore.Response) -> int:
    told = next((value for name, value in response.headers if name.lower() == b"content-length"), b"0")
    return int(told) if told.isdigit() else 0
