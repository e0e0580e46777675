"""How a command tells what went wrong: the part, the reason, what to do, and an exit status of 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def failures_told() -> Iterator[None]:
    from deploy.local.errors import PartError

    try:
        yield
    except PartError as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(1) from error
