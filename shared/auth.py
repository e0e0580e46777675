"""API keys: `clk_<id>_<secret>`, shown once, kept as a hash, each with scopes.

A key is 256 random bits, so a plain SHA-256 is enough to store it: there is nothing to guess. Each service keeps the
keys that open it in its own database; an installation gives one key to all three.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, NamedTuple

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import Statements, connection
from shared.problems import Problem

SCHEMA = """
CREATE TABLE api_key (
    id text PRIMARY KEY, name text NOT NULL, hash bytea NOT NULL, scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), revoked_at timestamptz)
"""
PREFIX = "clk_"
EVERYTHING = "*"
REMEMBERED_SECONDS = 30
REMEMBERED_KEYS = 10_000


class Caller(NamedTuple):
    """Who holds the key that a request carries."""

    key_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return EVERYTHING in self.scopes or scope in self.scopes


class MalformedKey(ValueError):
    """Text that is no key of ours."""


def create_api_keys(op: Statements) -> None:
    """Creates the table in a migration."""
    op.execute(SCHEMA)


def new_key() -> str:
    """A new key; only its holder will know it."""
    return f"{PREFIX}{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def split_key(key: str) -> tuple[str, bytes]:
    """A key's id, and the hash that stands for it. Raises MalformedKey."""
    identifier, separator, secret = key.removeprefix(PREFIX).partition("_")
    if not (key.startswith(PREFIX) and separator and identifier.isprintable() and identifier and secret):
        raise MalformedKey("a key looks like clk_<id>_<secret>")
    return identifier, hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


async def ensure_key(connection: asyncpg.Connection, key: str, name: str, scopes: Iterable[str]) -> None:
    """Lets a key open this database's service; a key that already does keeps its name and gets these scopes."""
    identifier, digest = split_key(key)
    await connection.execute(
        "INSERT INTO api_key (id, name, hash, scopes) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes",
        identifier,
        name,
        digest,
        sorted(scopes),
    )


async def revoke_key(connection: asyncpg.Connection, identifier: str) -> None:
    """Lets a key open this database's service no more. Raises LookupError where there is none of that id."""
    found = await connection.fetchval("UPDATE api_key SET revoked_at = now() WHERE id = $1 RETURNING id", identifier)
    if found is None:
        raise LookupError(f"there is no key {identifier!r}")


class Keyring:
    """Looks keys up, and remembers each for half a minute: so long a revoked key may still open."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[bytes, tuple[float, Caller | None]] = {}

    async def caller(self, key: str) -> Caller | None:
        """Who holds the key, or None if it opens nothing here."""
        try:
            identifier, digest = split_key(key)
        except MalformedKey:
            return None
        expires, caller = self._known.get(digest, (0.0, None))
        if expires < time.monotonic():
            caller = await self._look_up(identifier, digest)
            self._remember(digest, caller)
        return caller

    def _remember(self, digest: bytes, caller: Caller | None) -> None:
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[digest] = (time.monotonic() + REMEMBERED_SECONDS, caller)

    async def _look_up(self, identifier: str, digest: bytes) -> Caller | None:
        async with connection(self._engine) as database:
            row = await database.fetchrow(
                "SELECT name, hash, scopes FROM api_key WHERE id = $1 AND revoked_at IS NULL", identifier
            )
        if row is None or not hmac.compare_digest(row["hash"], digest):
            return None
        return Caller(identifier, row["name"], frozenset(row["scopes"]))


def bearer(request: Request) -> str | None:
    """The token of the `Authorization: Bearer` header, if there is one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def optional_caller(request: Request) -> Caller | None:
    """Dependency: the caller, or None for a request without an API key. A wrong key is refused, not ignored."""
    token = bearer(request)
    if token is None or not token.startswith(PREFIX):
        return None
    keyring: Keyring = request.app.state.keyring
    caller = await keyring.caller(token)
    if caller is None:
        raise _unauthorized("The API key is not known here, or was revoked")
    return caller


OptionalCaller = Annotated[Caller | None, Depends(optional_caller)]


def require(scope: str) -> Callable[..., Awaitable[Caller]]:
    """Dependency: the caller, who must hold `scope`; 401 without a key, 403 without the scope."""

    async def required(caller: OptionalCaller) -> Caller:
        if caller is None:
            raise _unauthorized("This needs an API key, sent as 'Authorization: Bearer clk_...'")
        if not caller.may(scope):
            raise Problem(403, "missing-scope", "The API key does not allow this", f"It needs the scope {scope}")
        return caller

    return required


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", "Who is asking?", detail, headers={"WWW-Authenticate": "Bearer"})
