"""up, down, status: the embedded stack."""

import json
import sys
from typing import Annotated, Any

import typer

from services.commands.failures import failures_told


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when ready, and keep running.")] = False,
    city: Annotated[bool, typer.Option(help="Load Boston's data into a new stack.")] = True,
) -> None:
    """Start the platform on this machine, with its own Kafka and PostgreSQL where none is configured.

    Settings come from the environment: CIVICLOOP_STATE, CIVICLOOP_PORT_BASE, CIVICLOOP_KAFKA_BOOTSTRAP and
    CIVICLOOP_CATALOG_DATABASE_URL (FEEDBACK, METRICS likewise).
    """
    from rich.console import Console

    from deploy.local.control import start_detached
    from deploy.local.screen import Screen
    from deploy.local.settings import LauncherSettings
    from deploy.local.stack import Stack
    from deploy.local.state import State

    with failures_told():
        settings = LauncherSettings.read()
        if detach:
            options = [] if city else ["--no-city"]
            raise typer.Exit(start_detached(State(settings.state), options, _show))
        console = Console(width=None if sys.stdout.isatty() else 120)
        Stack(settings, Screen(console), with_city=city).run()


def down() -> None:
    """Stop the platform that was started with `civicloop up`. What it stored stays."""
    from deploy.local.control import stop
    from deploy.local.settings import LauncherSettings
    from deploy.local.state import State

    with failures_told():
        state = State(LauncherSettings.read().state)
        stopped = stop(state)
    typer.echo("stopped" if stopped else f"nothing runs with the state folder {state.folder}")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what runs. The exit status is 0 only if all of it is ready."""
    from deploy.local import control
    from deploy.local.settings import LauncherSettings
    from deploy.local.state import State

    with failures_told():
        found = control.status(State(LauncherSettings.read().state))
    typer.echo(json.dumps(found) if as_json else _lines(found))
    raise typer.Exit(0 if found["ready"] else 1)


def _lines(found: dict[str, Any]) -> str:
    if not found["processes"]:
        return "not running"
    lines = ["ready" if found["ready"] else "not ready"]
    for process in found["processes"]:
        again = f", started again {process['restarts']} times" if process["restarts"] else ""
        lines.append(f"{process['name']:>16}  pid {process['pid']}, port {process['port'] or '-'}{again}")
    return "\n".join([*lines, *(f"{name:>16}  {address}" for name, address in found["addresses"].items())])


def _show(text: str) -> None:
    typer.echo(text, nl=False)
