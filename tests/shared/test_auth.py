"""Keys open what their scopes say, for as long as they are not revoked; of a key, its holder alone has the secret."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.auth import (
    EVERYTHING,
    Caller,
    Keyring,
    MalformedKey,
    OptionalCaller,
    ensure_key,
    new_key,
    require,
    revoke_key,
    split_key,
)
from shared.database import connection, engine
from shared.migrate import upgrade
from tests.shared.apps import client_of, small_app

router = APIRouter()


@router.post("/doors", dependencies=[Depends(require("doors:open"))])
async def open_door() -> str:
    return "open"


@router.get("/names")
async def name(caller: OptionalCaller) -> str | None:
    return caller.name if caller else None


@pytest.fixture(scope="module")
def url(fresh_database: Callable[[str], str]) -> str:
    address = fresh_database("catalog")
    upgrade("catalog", address)
    return address


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    pool = engine(url)
    yield pool
    await pool.dispose()


@pytest.fixture
def app(database: AsyncEngine) -> FastAPI:
    """A process that has not met any key yet."""
    small = small_app(router)
    small.state.keyring = Keyring(database)
    return small


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as somebody:
        yield somebody


async def make_key(database: AsyncEngine, *scopes: str, name: str = "somebody") -> str:
    key = new_key()
    async with connection(database) as owner:
        await ensure_key(owner, key, name, scopes)
    return key


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def refused(client: httpx.AsyncClient, status: int, **headers: str) -> httpx.Response:
    answer = await client.post("/doors", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    return answer


@pytest.mark.parametrize("scopes", [["doors:open"], ["doors:open", "windows:open"], [EVERYTHING]])
async def test_a_key_with_the_scope_opens(client: httpx.AsyncClient, database: AsyncEngine, scopes: list[str]) -> None:
    assert (await client.post("/doors", headers=with_key(await make_key(database, *scopes)))).status_code == 200


@pytest.mark.parametrize("scopes", [[], ["windows:open"], ["doors"], ["doors:*"]])
async def test_a_key_without_the_scope_is_told_which(
    client: httpx.AsyncClient, database: AsyncEngine, scopes: list[str]
) -> None:
    answer = await refused(client, 403, **with_key(await make_key(database, *scopes)))
    assert "doors:open" in answer.json()["detail"]


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic clk_1_2", "clk_1_2", "Bearer other_1_2"]
)
async def test_without_a_key_one_is_asked_for(client: httpx.AsyncClient, authorization: str | None) -> None:
    answer = await refused(client, 401, **({} if authorization is None else {"Authorization": authorization}))
    assert answer.headers["www-authenticate"] == "Bearer"


UNKNOWN = ["clk_", "clk__", "clk_000000000000_", "clk__secret", "clk_nobody_secret", "clk_\x00_secret", "clk_\xff_\xff"]


@pytest.mark.parametrize("key", UNKNOWN)
async def test_a_wrong_key_is_refused_even_where_none_is_needed(client: httpx.AsyncClient, key: str) -> None:
    """So that a holder notices, rather than being taken for anybody."""
    headers = httpx.Headers([(b"authorization", f"Bearer {key}".encode("latin-1"))])
    for answer in (await client.post("/doors", headers=headers), await client.get("/names", headers=headers)):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await client.get("/names")).json() is None


async def test_the_scheme_is_known_in_any_case(client: httpx.AsyncClient, database: AsyncEngine) -> None:
    key = await make_key(database, name="Ann")
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await client.get("/names", headers={"Authorization": f"{scheme} {key}"})).json() == "Ann"


async def test_anothers_id_with_a_secret_of_ones_own_opens_nothing(
    client: httpx.AsyncClient, database: AsyncEngine
) -> None:
    known, other = await make_key(database, EVERYTHING), new_key()
    identifier = known.removeprefix("clk_").partition("_")[0]
    secret = other.removeprefix("clk_").partition("_")[2]
    await refused(client, 401, **with_key(f"clk_{identifier}_{secret}"))
    await refused(client, 401, **with_key(known[:-1]))
    await refused(client, 401, **with_key(known + "x"))


async def test_a_revoked_key_opens_nothing(app: FastAPI, client: httpx.AsyncClient, database: AsyncEngine) -> None:
    key = await make_key(database, EVERYTHING)
    assert (await client.post("/doors", headers=with_key(key))).status_code == 200
    async with connection(database) as owner:
        await revoke_key(owner, split_key(key)[0])
    app.state.keyring = Keyring(database)
    await refused(client, 401, **with_key(key))


async def test_nor_does_one_that_is_made_to_open_again_by_its_scopes(
    client: httpx.AsyncClient, database: AsyncEngine
) -> None:
    """Setting the stack up again gives keys their scopes; it does not undo a revocation."""
    key = await make_key(database, EVERYTHING)
    async with connection(database) as owner:
        await revoke_key(owner, split_key(key)[0])
        await ensure_key(owner, key, "somebody", [EVERYTHING])
    await refused(client, 401, **with_key(key))


async def test_revoking_what_does_not_exist_is_said(database: AsyncEngine) -> None:
    async with connection(database) as owner:
        with pytest.raises(LookupError, match="nothing"):
            await revoke_key(owner, "nothing")


async def test_scopes_may_change(app: FastAPI, client: httpx.AsyncClient, database: AsyncEngine) -> None:
    key = await make_key(database)
    await refused(client, 403, **with_key(key))
    async with connection(database) as owner:
        await ensure_key(owner, key, "somebody else", ["doors:open"])
    app.state.keyring = Keyring(database)
    assert (await client.post("/doors", headers=with_key(key))).status_code == 200
    assert (await client.get("/names", headers=with_key(key))).json() == "somebody"


async def test_nothing_that_is_stored_opens_anything(database: AsyncEngine) -> None:
    key = await make_key(database, EVERYTHING)
    identifier, digest = split_key(key)
    async with connection(database) as owner:
        row = await owner.fetchrow("SELECT * FROM api_key WHERE id = $1", identifier)
    secret = key.removeprefix(f"clk_{identifier}_")
    stored = repr(dict(row))
    assert len(secret) >= 43
    assert secret not in stored
    assert row["hash"] == digest
    assert len(digest) == 32


def test_keys_are_never_the_same_twice() -> None:
    keys = {new_key() for _ in range(1_000)}
    assert len(keys) == len({split_key(key)[0] for key in keys}) == 1_000


@pytest.mark.parametrize("text", [*UNKNOWN[:4], "", "1_2", "clk_a\0b_secret"])
def test_what_is_no_key_is_not_made_one(text: str) -> None:
    with pytest.raises(MalformedKey, match="clk_<id>_<secret>"):
        split_key(text)


async def test_a_keyring_does_not_grow_with_what_strangers_try(database: AsyncEngine) -> None:
    keyring = Keyring(database)
    key = await make_key(database, EVERYTHING)
    await asyncio.gather(*(keyring.caller(f"clk_{n}_guess") for n in range(100)))
    assert await keyring.caller(key) == Caller(split_key(key)[0], "somebody", frozenset({EVERYTHING}))
    assert await keyring.caller("clk_1_guess") is None
