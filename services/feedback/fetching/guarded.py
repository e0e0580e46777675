"""Connections to machines that may be reached, and to no others: what a name stands for is checked, then connected to.

It is httpcore's own seam for this. A name is looked up once, and the connection goes to an address that was checked,
so that it cannot come to stand for another one in between.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import httpcore

from services.feedback.fetching.domain import NoPicture
from services.feedback.fetching.networks import Machine, Network, is_fit, may_be_reached

MOST_TRIED = 4
CONNECT_SECONDS = 5.0


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the public internet, and to the networks that are opened."""

    def __init__(self, opened: Sequence[Network], at_once: int) -> None:
        self._opened = opened
        self._network = httpcore.AnyIOBackend()
        # Of its own: names that take for ever to look up keep nobody else waiting.
        self._names = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (as httpcore calls it; all of it has a limit of its own)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises NoPicture (forbidden-address) where nothing that the host stands for may be reached."""
        fit = await self._machines(host, port) if is_fit(port) else []
        fit = [each for each in fit if may_be_reached(each, self._opened)]
        if not fit:
            raise NoPicture("forbidden-address")
        fault = httpcore.ConnectError(host)
        for machine in fit[:MOST_TRIED]:
            try:
                return await self._network.connect_tcp(
                    str(machine), port, CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = httpcore.ConnectError(str(error))
        raise fault

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _machines(self, host: str, port: int) -> list[Machine]:
        look_up = asyncio.get_running_loop().run_in_executor(
            self._names, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        try:
            return list(dict.fromkeys(ip_address(each[4][0]) for each in await look_up))
        except socket.gaierror as error:
            raise httpcore.ConnectError(str(error)) from error
        except ValueError as error:  # no name can be like this
            raise NoPicture("malformed-address") from error
