"""rebuild: count everything anew from feedback's history, and correct what differs."""

import json
from typing import Annotated

import typer


def rebuild(
    check_only: Annotated[bool, typer.Option("--check-only", help="Tell what differs, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Count all that metrics keeps anew, from the first event, while the platform goes on; add what differs.

    The exit status is 0 if nothing differed, 1 if something did, 2 if it could not be done. The parts are those of the
    stack of CIVICLOOP_STATE, or named by CIVICLOOP_KAFKA_BOOTSTRAP and CIVICLOOP_METRICS_DATABASE_URL.
    """
    import asyncio

    from deploy.checker import addresses
    from services.metrics.rebuilding.command import NotPossible, recount

    try:
        kafka, databases = addresses.find_some(["metrics"])
        found = asyncio.run(
            recount(databases["metrics"], kafka, correct=not check_only, say=_silent if as_json else _say)
        )
    except (addresses.CannotCheck, NotPossible) as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(found.document(), ensure_ascii=False) if as_json else "\n".join(found.lines()))
    raise typer.Exit(1 if found.found.total else 0)


def _say(text: str) -> None:
    typer.echo(f"{text} ...", err=True)


def _silent(text: str) -> None:
    """A program reads the result alone."""
