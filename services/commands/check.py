"""check: is everything that was given in what the scores say, once?"""

import json
from typing import Annotated

import typer


def check(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for the loop to be idle.")] = 120,
) -> None:
    """Recount everything from feedback's database and the topics. The exit status is 0 only if all is as it should be.

    The parts are those of the stack of CIVICLOOP_STATE, or named by CIVICLOOP_KAFKA_BOOTSTRAP and
    CIVICLOOP_CATALOG_DATABASE_URL (FEEDBACK, METRICS likewise), CIVICLOOP_HOST and CIVICLOOP_METRICS_PORT.
    """
    import asyncio

    from deploy.checker import addresses
    from deploy.checker.check import check as examine

    try:
        report = asyncio.run(examine(addresses.find(), timeout, _silent if as_json else _say))
    except addresses.CannotCheck as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(report.document(), ensure_ascii=False) if as_json else "\n".join(report.lines()))
    raise typer.Exit(0 if report.passed else 1)


def _say(text: str) -> None:
    typer.echo(f"{text} ...", err=True)


def _silent(text: str) -> None:
    """A program reads the result alone."""
