"""`civicloop catalogue`, as an operator runs it, against a catalogue on a real socket."""

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import uvicorn
import yaml
from fastapi import FastAPI

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from tests.catalog.samples import whole_city

ROOT = Path(__file__).parents[2]


class Finished(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


class Terminal:
    """Runs the command with the address and the key of a running catalogue."""

    def __init__(self, address: str, key_file: Path) -> None:
        self.options = ("--url", address, "--key-file", str(key_file))

    async def run(self, *arguments: str | Path, answer: str = "") -> Finished:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "catalogue", *map(str, arguments), *self.options, cwd=ROOT,
            env=os.environ | {"COLUMNS": "120"}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(answer.encode())
        return Finished(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def terminal(app: FastAPI, keys: dict[str, dict[str, str]], tmp_path: Path) -> AsyncIterator[Terminal]:
    key_file = tmp_path / "key"
    key_file.write_text(keys["clerk"]["Authorization"].removeprefix("Bearer "))
    listening = socket.create_server(("127.0.0.1", 0))
    url = app.state.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    served = create_app(CatalogSettings(database_url=url))
    server = uvicorn.Server(uvicorn.Config(served, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield Terminal(f"http://127.0.0.1:{listening.getsockname()[1]}", key_file)
    server.should_exit = True
    await asyncio.to_thread(thread.join)
    listening.close()


@pytest.fixture
def file(city: str, tmp_path: Path) -> Path:
    """A reviewed file of a whole city."""
    path = tmp_path / "city.yaml"
    path.write_text(yaml.safe_dump({"reason": "set-up", **whole_city(f"{city}-c")}, sort_keys=False))
    return path


def write(file: Path, text: str) -> None:
    file.write_text(text)


FORMATS = {
    "catalogue": "services:",
    "cpsv-ap": "cpsv:PublicService",
    "fiware": "Open311ServiceType",
    "schema-org": "GovernmentService",
}


async def test_an_operator_sees_the_plan_agrees_and_does_it_once(
    terminal: Terminal, file: Path, city: str, clerk: httpx.AsyncClient
) -> None:
    count = sum(map(len, whole_city(city).values()))
    shown = await terminal.run("apply", file, "--dry-run")
    assert (shown.status, f"{count} to make, 0 to change" in shown.out) == (0, True), shown
    assert f"+ service {city}-c.lamps" in shown.out
    declined = await terminal.run("apply", file, answer="n\n")
    assert declined.status == 1
    assert (await clerk.get(f"/v1/services/{city}-c.lamps")).status_code == 404
    agreed = await terminal.run("apply", file, answer="y\n")
    assert (agreed.status, f"{count} made, 0 changed" in agreed.out) == (0, True), agreed
    again = await terminal.run("apply", file, "--yes")
    assert (again.status, f"0 to make, 0 to change, {count} as they are" in again.out) == (0, True), again
    text = yaml.safe_dump(whole_city(f"{city}-c"), sort_keys=False)
    write(file, text.replace("resolution_target: 86400", "resolution_target: 90000"))
    changed = await terminal.run("apply", file, "--yes")
    assert "resolution_target: 86400 -> 90000" in changed.out


async def test_what_cannot_be_taken_is_told_row_by_row(terminal: Terminal, file: Path, city: str) -> None:
    document = whole_city(f"{city}-c")
    document["services"].append({"id": f"{city}-c.bad", "name": "Bad", "jurisdiction_id": f"{city}-c", "status": "x"})
    write(file, yaml.safe_dump(document, sort_keys=False))
    refused = await terminal.run("apply", file, "--yes")
    assert refused.status == 1
    assert "services[3]" in refused.out
    assert "nothing is" in refused.err
    rest = await terminal.run("apply", file, "--yes", "--partial", "--json")
    assert rest.status == 3
    assert [row["id"] for row in json.loads(rest.out)["refused"]] == [f"{city}-c.bad"]


async def test_a_catalogue_goes_out_in_every_format(terminal: Terminal, file: Path, city: str) -> None:
    await terminal.run("apply", file, "--yes")
    home = ("--jurisdiction", f"{city}-c")
    for format, sign in FORMATS.items():
        out = await terminal.run("export", "--format", format, *home)
        assert (out.status, sign in out.out) == (0, True), (format, out)
    table = await terminal.run("export", "--format", "csv", "--kind", "organisations", *home)
    assert table.out.startswith("id,name,")


async def test_errors_are_told_in_words(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("wonders: []")
    unknown = await terminal.run("apply", tmp_path / "x.yaml")
    assert (unknown.status, "wonders" in unknown.err) == (1, True)
    (tmp_path / "x.pdf").write_text("")
    other = await terminal.run("apply", tmp_path / "x.pdf")
    assert (other.status, ".yaml" in other.err) == (1, True)
    silent = Terminal("http://127.0.0.1:9", Path(terminal.options[3]))
    nobody = await silent.run("apply", tmp_path / "x.yaml")
    assert (nobody.status, "does not answer" in nobody.err) == (1, True)


async def test_a_city_brings_its_areas_as_geojson(
    terminal: Terminal, file: Path, city: str, tmp_path: Path, clerk: httpx.AsyncClient
) -> None:
    await terminal.run("apply", file, "--yes")
    square = [[[-8.69, 41.11], [-8.6, 41.11], [-8.6, 41.19], [-8.69, 41.11]]]
    geometry = {"type": "Polygon", "coordinates": square}
    features = [
        {"type": "Feature", "properties": {"id": f"{city}-c.old"}, "geometry": geometry},
        {"type": "Feature", "properties": {}, "geometry": None},
    ]
    areas = tmp_path / "areas.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    taken = await terminal.run("apply", areas, "--yes", "--partial")
    assert (taken.status, "features[2]" in taken.out) == (3, True), taken
    district = (await clerk.get(f"/v1/districts/{city}-c.old")).json()
    assert district["geometry"]["coordinates"] == square
    assert (district["version"], district["populations"]) == (2, {"2011": 9_000, "2021": 10_000})
