"""`civicloop scorecards`, as an operator runs it, against metrics on a real socket."""

import asyncio
import os
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from shared.auth import ensure_key, new_key
from shared.database import transaction
from tests.metrics.conftest import Metrics
from tests.metrics.town import jurisdiction, service

ROOT = Path(__file__).parents[2]
DEFAULT = (files("services.metrics") / "scorecards" / "default.v2.yaml").read_text()


class Terminal:
    """Runs the command with the address of metrics and, where it writes, with a key."""

    def __init__(self, address: str, key_file: Path) -> None:
        self._address = address
        self._key_file = key_file

    async def run(self, command: str, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit status, output and what went to standard error."""
        options = ["--url", self._address]
        if command in ("add", "activate"):
            options += ["--key-file", str(self._key_file)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "scorecards", command, *map(str, arguments), *options, cwd=ROOT,
            env=os.environ | {"COLUMNS": "120"}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def terminal(metrics: Metrics, tmp_path: Path) -> Terminal:
    key = new_key()
    async with transaction(metrics.database) as database:
        await ensure_key(database, key, "Planning", ["metrics:staff"])
    key_file = tmp_path / "key"
    key_file.write_text(key)
    return Terminal(str(metrics.http.base_url), key_file)


async def test_from_the_platforms_scorecard_to_ones_own(terminal: Terminal, metrics: Metrics, tmp_path: Path) -> None:
    await metrics.receive(jurisdiction(), service())
    status, text, _ = await terminal.run("show", "default.v2")
    assert status == 0
    file = tmp_path / "town.yaml"
    file.write_text(text.replace("id: default\nversion: 2\n", "id: town\n"))
    assert await terminal.run("validate", file) == (0, "town.v1 could be stored\n", "")
    assert await terminal.run("add", file) == (0, "town.v1\n", "")
    reasoned = ("--jurisdiction", "town", "--reason", "Council vote")
    assert (await terminal.run("activate", "town.v1", *reasoned))[0] == 0
    assert (await metrics.get("/v1/services/town.potholes/score"))["scorecard"] == "town.v1"
    _, listed, _ = await terminal.run("list")
    assert "town.v1" in listed
    assert "default.v1" in listed
    status, out, _ = await terminal.run("validate", file, "--jurisdiction", "town")
    assert (status, out.count("(a warning)")) == (0, text.count("formula: "))


async def test_faults_are_told_with_file_and_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(DEFAULT.replace("id: default", "id: town").replace("weight: 3", "weight: -3", 1))
    for command in ("validate", "add"):
        status, out, _ = await terminal.run(command, file)
        assert status == 1
        right = "right would be: a number above 0 and at most 1,000"
        assert out == f"{file}:24: indicators.0.weight (resolution-rate) is -3; {right}\n"
    status, _, err = await terminal.run("activate", "moon.v1", "--jurisdiction", "moon", "--reason", "x")
    assert (status, "There is no such jurisdiction here: moon" in err) == (1, True)
    status, _, err = await terminal.run("show", "moon.v1")
    assert (status, "There is no such scorecard" in err) == (1, True)
