"""catalogue: a city's whole catalogue from one reviewed file, and out again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.commands.answers import checked

if TYPE_CHECKING:
    import httpx

app = typer.Typer(no_args_is_help=True, help="A city's whole catalogue, in and out.")

FAILED = 1
SOME_REFUSED = 3
SHOWN = 50
"""Entities that a plan lists on the screen; `--json` lists all."""

FORMATS = {".yaml": "catalogue", ".yml": "catalogue", ".json": "catalogue", ".csv": "csv", ".ttl": "cpsv-ap",
           ".jsonld": "cpsv-ap", ".geojson": "geojson"}  # fmt: skip
TYPES = {".ttl": "text/turtle", ".jsonld": "application/ld+json", ".csv": "text/csv"}

Url = Annotated[str | None, typer.Option(help="Address of catalog; this machine's by default.")]
KeyFile = Annotated[Path | None, typer.Option(help="API key; the state folder's by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Jurisdiction = Annotated[str | None, typer.Option(help="Whose entities they are.")]
KindOption = Annotated[str | None, typer.Option(help="Of CSV: which entities, in the plural, such as services.")]


class CatalogueFailed(Exception):
    """The catalogue did not take the file, or did not answer."""


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="YAML, CSV, GeoJSON, Turtle or JSON-LD.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Apply the plan without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take what can be taken, though parts are refused.")
    ] = False,
    jurisdiction: Jurisdiction = None,
    kind: KindOption = None,
    reason: Annotated[str, typer.Option(help="Why; kept with each version.")] = "",
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a file would change, and change it. Applied again, the same file changes nothing.

    The exit status is 0 if all of the file was taken (or would be), 3 if parts were refused, 1 if nothing was done.
    """
    query = {"jurisdiction_id": jurisdiction, "kind": kind, "reason": reason or None, "partial": partial or None}
    with _failures_told(), _catalog(url, key_file) as catalog:
        plan = _send(catalog, file, query | {"dry_run": True})
        if not as_json:
            _show(plan)
        _stop_where_refused(plan, partial=partial, as_json=as_json)
        if not dry_run and (plan["create"] or plan["change"]):
            if not yes and not typer.confirm("Apply this plan?", err=True):
                raise typer.Exit(FAILED)
            plan = _send(catalog, file, query | {"expect": plan["plan"]})
            if not as_json:
                typer.echo(f"{len(plan['create']):,} made, {len(plan['change']):,} changed")
    if as_json:
        typer.echo(json.dumps(plan))
    raise typer.Exit(SOME_REFUSED if plan["refused"] else 0)


@app.command()
def export(
    jurisdiction: Jurisdiction = None,
    format: Annotated[str, typer.Option(help="catalogue (YAML), csv, cpsv-ap, schema-org or fiware.")] = "catalogue",
    kind: KindOption = None,
    url: Url = None,
    key_file: KeyFile = None,
) -> None:
    """Write a catalogue to standard output."""
    query = {"jurisdiction_id": jurisdiction, "kind": kind}
    with _failures_told(), _catalog(url, key_file) as catalog:
        answer = catalog.get(f"/v1/export/{format}", params={name: value for name, value in query.items() if value})
        typer.echo(checked(answer, CatalogueFailed).text, nl=False)


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except (CatalogueFailed, OSError) as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(FAILED) from error


@contextmanager
def _catalog(url: str | None, key_file: Path | None) -> "Iterator[httpx.Client]":
    import httpx

    from deploy.local.settings import LauncherSettings

    settings = LauncherSettings.read()
    base_url = url or settings.addresses()["catalog"]
    key = (key_file or settings.state / "operator-key").read_text().strip()
    try:
        with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=None) as client:
            yield client
    except httpx.TransportError as error:
        raise CatalogueFailed(f"{base_url} does not answer: {error}. Is the platform up? civicloop status") from error


def _send(catalog: "httpx.Client", file: Path, query: dict[str, Any]) -> dict[str, Any]:
    format = FORMATS.get(file.suffix.lower())
    if format is None:
        raise CatalogueFailed(f"{file.name}: known are files that end in {', '.join(FORMATS)}")
    answer = catalog.post(
        f"/v1/import/{format}",
        params={name: value for name, value in query.items() if value is not None},
        content=file.read_bytes(),
        headers={"Content-Type": TYPES.get(file.suffix.lower(), "application/yaml")},
    )
    plan: dict[str, Any] = checked(answer, CatalogueFailed).json()
    return plan


def _stop_where_refused(plan: dict[str, Any], *, partial: bool, as_json: bool) -> None:
    if plan["refused"] and not partial:
        if as_json:
            typer.echo(json.dumps(plan))
        typer.echo("civicloop: parts of the file cannot be taken, so nothing is; --partial takes the rest", err=True)
        raise typer.Exit(FAILED)


def _show(plan: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for made in plan["create"][:SHOWN]:
        console.print(f"[green]+[/] {made['kind']} {made['id']}")
    for changed in plan["change"][:SHOWN]:
        console.print(f"[yellow]~[/] {changed['kind']} {changed['id']}")
        for each in changed["changes"][:SHOWN]:
            console.print(f"    {each['field']}: {_short(each['before'])} -> {_short(each['after'])}", markup=False)
    for row in plan["refused"][:SHOWN]:
        console.print(f"! {row['where']} {row['id'] or ''}: {row['message']}", markup=False, style="red")
    counts = (len(plan["create"]), len(plan["change"]), plan["unchanged"], len(plan["refused"]))
    console.print("{:,} to make, {:,} to change, {:,} as they are, {:,} refused".format(*counts))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
