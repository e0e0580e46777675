"""Counts what is sent, and refuses what is too much. Each process counts for itself."""

import math
import time
from collections.abc import Sequence

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from pydantic import BaseModel, Field, IPvAnyNetwork, field_validator
from starlette.types import Scope

from services.feedback.limits.networks import Free, prefix
from shared.auth import EVERYTHING, Keyring, MalformedKey
from shared.auth import PREFIX as API_KEY
from shared.problems import Problem

READING = frozenset(("GET", "HEAD", "OPTIONS"))


class Limits(BaseModel):
    """How much is taken, as `limits` writes it: `60/minute; 500/day`. Nothing: as much as there is.

    `address` and `person` count what is given, `reads` what is read from one network. Who has a key counts by it alone.
    """

    address: str = "300/minute"
    person: str = "120/minute; 2000/day"
    key: str = "6000/minute"
    reads: str = "3000/minute"
    free: list[IPvAnyNetwork] = Field(default=["127.0.0.0/8", "::1/128"], validate_default=True)

    @field_validator("address", "person", "key", "reads")
    @classmethod
    def _understood(cls, text: str) -> str:
        _items(text)
        return text


def _items(text: str) -> list[RateLimitItem]:
    try:
        return parse_many(text) if text.strip() else []
    except ValueError as error:
        raise ValueError("must be such as '60/minute; 500/day'") from error


class TooMany(Problem):
    """More was sent than is taken."""


class Limiter:
    """Takes what is sent into account. Raises TooMany; what was refused is not counted."""

    def __init__(self, settings: Limits, keyring: Keyring) -> None:
        self._strategy = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._keyring = keyring
        self._free = Free(settings.free)
        self._address, self._person, self._key, self._reads = map(
            _items, (settings.address, settings.person, settings.key, settings.reads)
        )

    async def arrive(self, scope: Scope, cost: int = 1) -> None:
        """Counts a request by its key, else by where it comes from."""
        client = scope["client"]
        if client is not None and client[0] in self._free:
            return
        key = await self._key_of(scope)
        if key is not None:
            if key:
                await self._take("key", self._key, key, cost)
        elif client is not None:
            reading = scope["method"] in READING
            name, items = ("reads", self._reads) if reading else ("address", self._address)
            await self._take(name, items, prefix(client[0]), cost)

    async def give(self, scope: Scope, mark: str, cost: int = 1) -> None:
        """Counts what a known contributor gives."""
        client = scope["client"]
        if scope["method"] not in READING and not (client is not None and client[0] in self._free):
            await self._take("person", self._person, mark, cost)

    async def _key_of(self, scope: Scope) -> str | None:
        """The id of a key that opens something here; empty for one that opens everything, which is not limited."""
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer " and API_KEY.encode() in value[:20]:
                try:
                    caller = await self._keyring.caller(str(value[7:], "latin-1").strip())
                except MalformedKey:
                    return None
                return None if caller is None else "" if EVERYTHING in caller.scopes else caller.key_id
        return None

    async def _take(self, name: str, items: Sequence[RateLimitItem], whose: str, cost: int) -> None:
        for item in items:
            if not await self._strategy.hit(item, name, whose, cost=cost):
                raise await self._too_many(name, item, whose)

    async def _too_many(self, name: str, item: RateLimitItem, whose: str) -> TooMany:
        """With the headers of draft-ietf-httpapi-ratelimit-headers."""
        until, left = await self._strategy.get_window_stats(item, name, whose)
        seconds = max(1, math.ceil(until - time.time()))
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{name}";q={item.amount};w={item.get_expiry()}',
            "RateLimit": f'"{name}";r={left};t={seconds}',
        }
        detail = f"{item.amount} are taken in {item.get_expiry()} seconds; come again in {seconds}"
        return TooMany(429, "too-many-requests", "That is more than is taken", detail, headers=headers)
