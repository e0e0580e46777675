"""scorecards: which there are, what is wrong with one, storing and activating it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.commands.answers import checked

if TYPE_CHECKING:
    import httpx

app = typer.Typer(no_args_is_help=True, help="Scorecards: what a city is measured by.")

FAILED = 1

File = Annotated[Path, typer.Argument(help="YAML, or JSON.", exists=True, dir_okay=False)]
Label = Annotated[str, typer.Argument(help="Such as default.v2.")]
Url = Annotated[str | None, typer.Option(help="Address of metrics; this machine's by default.")]
KeyFile = Annotated[Path | None, typer.Option(help="API key; the state folder's by default.")]


class ScorecardsFailed(Exception):
    """Metrics did not take what was said, or did not answer."""


@app.command("list")
def list_(url: Url = None) -> None:
    """List all scorecards, those of the platform first."""
    with _failures_told(), _metrics(url) as metrics:
        query: dict[str, Any] = {}
        while True:
            page = checked(metrics.get("/v1/scorecards", params=query), ScorecardsFailed).json()
            for card in page["items"]:
                typer.echo(f"{card['label']:<24} {len(card['indicators']):>3} indicators  {card['name']}")
            if page["next"] is None:
                return
            query = {"cursor": page["next"]}


@app.command()
def show(label: Label, url: Url = None) -> None:
    """Write a scorecard to standard output, as YAML that can be edited and added."""
    with _failures_told(), _metrics(url) as metrics:
        answer = metrics.get(f"/v1/scorecards/{label}", headers={"Accept": "application/yaml"})
        typer.echo(checked(answer, ScorecardsFailed).text, nl=False)


@app.command()
def validate(
    file: File,
    jurisdiction: Annotated[str | None, typer.Option(help="Also warn of indicators without evidence there.")] = None,
    url: Url = None,
) -> None:
    """Say all that is wrong with a scorecard, and store nothing. The exit status is 0 if it could be stored."""
    with _failures_told(), _metrics(url) as metrics:
        query = {"jurisdiction_id": jurisdiction} if jurisdiction else {}
        told = _send(metrics, "/v1/scorecards/validate", file, query).json()
        for each in told["warnings"]:
            typer.echo(f"{_said(file, each)} (a warning)")
        typer.echo(f"{told['label']} could be stored")


@app.command()
def add(file: File, url: Url = None, key_file: KeyFile = None) -> None:
    """Store a scorecard, and print its label. It never changes: an edited one is a new version."""
    with _failures_told(), _metrics(url, _key(key_file)) as metrics:
        typer.echo(_send(metrics, "/v1/scorecards", file, {}).json()["label"])


@app.command()
def activate(
    label: Label,
    jurisdiction: Annotated[str, typer.Option(help="Whose services are to be scored by it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    url: Url = None,
    key_file: KeyFile = None,
) -> None:
    """Score a jurisdiction's services by a scorecard from now on."""
    with _failures_told(), _metrics(url, _key(key_file)) as metrics:
        said = {"label": label, "reason": reason}
        checked(metrics.put(f"/v1/jurisdictions/{jurisdiction}/scorecard", json=said), ScorecardsFailed)
        typer.echo(f"{jurisdiction} is scored by {label}")


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except (ScorecardsFailed, OSError) as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(FAILED) from error


def _key(key_file: Path | None) -> str:
    from deploy.local.settings import LauncherSettings

    return (key_file or LauncherSettings.read().state / "operator-key").read_text().strip()


@contextmanager
def _metrics(url: str | None, key: str | None = None) -> "Iterator[httpx.Client]":
    import httpx

    from deploy.local.settings import LauncherSettings

    base_url = url or LauncherSettings.read().addresses()["metrics"]
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx.Client(base_url=base_url, headers=headers, timeout=60) as client:
            yield client
    except httpx.TransportError as error:
        raise ScorecardsFailed(f"{base_url} does not answer: {error}. Is the platform up? civicloop status") from error


def _send(metrics: "httpx.Client", path: str, file: Path, query: dict[str, str]) -> "httpx.Response":
    content_type = "application/json" if file.suffix.lower() == ".json" else "application/yaml"
    answer = metrics.post(path, params=query, content=file.read_bytes(), headers={"Content-Type": content_type})
    if answer.status_code == 422 and answer.json().get("type", "").endswith(":invalid-scorecard"):
        for each in answer.json()["errors"]:
            typer.echo(_said(file, each))
        raise typer.Exit(FAILED)
    return checked(answer, ScorecardsFailed)


def _said(file: Path, each: dict[str, Any]) -> str:
    """A finding as compilers write it, so that editors find the place."""
    where = f"{file}:{each['line']}" if each["line"] else f"{file}"
    of = f" ({each['indicator']})" if each["indicator"] else ""
    return f"{where}: {each['at']}{of} {each['message']}; right would be: {each['right']}"
