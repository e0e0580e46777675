"""keys: who may write, and what."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import asyncpg
import typer

from shared.auth import EVERYTHING

app = typer.Typer(no_args_is_help=True, help="API keys, in the databases of all services.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; shown in the history of what it changed.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="catalog:write, feedback:staff, feedback:import or metrics:staff; again for more. All without it."
        ),
    ] = None,
) -> None:
    """Make a key and show it once: only its hash is kept."""
    from shared.auth import ensure_key, new_key

    key = new_key()
    _in_each_database(lambda connection: ensure_key(connection, key, name, scope or [EVERYTHING]))
    typer.echo(key)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The part of the key between clk_ and the next underscore.")],
) -> None:
    """Let a key open nothing more, within half a minute."""
    from shared.auth import revoke_key

    _in_each_database(lambda connection: revoke_key(connection, key_id))


def _in_each_database(change: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    """Applies a change to the databases that the environment names, or else the stack of CIVICLOOP_STATE has."""
    from deploy.checker import addresses

    async def each() -> None:
        for url in addresses.find().databases.values():
            connection = await asyncpg.connect(url)
            try:
                await change(connection)
            finally:
                await connection.close()

    try:
        asyncio.run(each())
    except (addresses.CannotCheck, LookupError, OSError, asyncpg.PostgresError) as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(1) from error
