"""import: requests from another system's export."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

PIECE = 65_536
GZIP = b"\x1f\x8b"
FAILED = 1
SOME_REFUSED = 3


class ImportFailed(Exception):
    """The service did not take the mapping or the file."""


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON, as it is or gzip.", exists=True, dir_okay=False)],
    mapping: Annotated[Path, typer.Option(help="What its columns mean (YAML).", exists=True, dir_okay=False)],
    jurisdiction: Annotated[str | None, typer.Option(help="Whose requests; the mapping's own by default.")] = None,
    shift: Annotated[str, typer.Option(help="Weeks added to every time, or weeks-to-now.")] = "0",
    url: Annotated[str | None, typer.Option(help="Address of feedback; this machine's by default.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="API key; the state folder's by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Import requests from another system's export; done again, it takes only what is new.

    The exit status is 0 if every row was taken or known already, 3 if some were refused, 1 if the import failed.
    """
    from services.feedback.imports.mapping import MappingError

    try:
        report = _send(file, mapping, {"jurisdiction_id": jurisdiction, "shift": shift}, url, key_file, quiet=as_json)
    except (ImportFailed, MappingError, OSError) as error:
        typer.echo(f"civicloop: {error}", err=True)
        raise typer.Exit(FAILED) from error
    if as_json:
        typer.echo(json.dumps(report))
    else:
        _show(report)
    raise typer.Exit(SOME_REFUSED if report["refused"] else 0)


def _send(
    file: Path, mapping: Path, options: dict[str, str | None], url: str | None, key_file: Path | None, *, quiet: bool
) -> dict[str, Any]:
    import httpx

    from deploy.local.settings import LauncherSettings
    from services.feedback.imports.mapping import parse_mapping

    settings = LauncherSettings()
    base_url = url or settings.addresses()["feedback"]
    key = (key_file or settings.state / "operator-key").read_text().strip()
    text = mapping.read_text(encoding="utf-8-sig")
    name = parse_mapping(text, str(mapping)).name
    params = {"mapping": name, **{key: value for key, value in options.items() if value is not None}}
    try:
        with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=None) as feedback:
            _document(feedback.put(f"/v1/mappings/{name}", content=text.encode()))
            return _document(
                feedback.post("/v1/imports", params=params, content=_sent(file, quiet), headers=_headers(file))
            )
    except httpx.TransportError as error:
        raise ImportFailed(f"{base_url} does not answer: {error}. Is the platform up? civicloop status") from error


def _headers(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {"Content-Encoding": "gzip"} if opened.read(2) == GZIP else {}


def _sent(file: Path, quiet: bool) -> Iterator[bytes]:
    """The file's bytes, with a bar that shows how many are sent."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        with file.open("rb") as opened:
            while data := opened.read(PIECE):
                yield data
                progress.advance(task, len(data))


def _document(answer: Any) -> dict[str, Any]:
    if answer.is_success:
        document: dict[str, Any] = answer.json()
        return document
    try:
        problem = answer.json()
    except ValueError:
        raise ImportFailed(f"{answer.request.url}: status {answer.status_code}") from None
    stored = f" ({problem['report']['rows']} rows were stored before)" if "report" in problem else ""
    raise ImportFailed(f"{problem.get('title')}: {problem.get('detail', answer.status_code)}{stored}")


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Import {report['import_id']}", title_justify="left")
    table.add_column("rows")
    table.add_column("", justify="right")
    for name in ("taken", "unchanged", "updated", "refused"):
        table.add_row(name, f"{report[name]:,}")
    table.add_row("together", f"{report['rows']:,}", end_section=True)
    _add_reasons(table.add_row, "corrected", report["corrections"])
    _add_reasons(table.add_row, "refused", report["refusals"])
    console = Console()
    console.print(table)
    if report["shift_weeks"]:
        console.print(f"Every time was shifted by {report['shift_weeks']} weeks.")
    for sample in report["samples"]:
        console.print(f"line {sample['line']}: {sample['reason']}", highlight=False)
    if report["refused"] > len(report["samples"]):
        console.print(f"All refused rows: GET /v1/imports/{report['import_id']}/refusals", highlight=False)


def _add_reasons(add_row: Callable[[str, str], None], what: str, reasons: dict[str, int]) -> None:
    for reason, count in reasons.items():
        add_row(f"{what}: {reason}", f"{count:,}")
