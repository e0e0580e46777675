"""`civicloop import`, as its user runs it, against feedback on a real socket."""

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from tests.feedback.imports.conftest import SECRET, Importer
from tests.feedback.imports.files import EXTRACT, MAPPINGS, ROOT, boston, rows_of

BOSTON_MAPPING = MAPPINGS / "boston-311.yaml"


@dataclass
class Finished:
    """What a command left behind."""

    status: int
    out: str
    err: str


class Terminal:
    """Runs the command with the address and the key of a running feedback."""

    def __init__(self, address: str, key_file: Path) -> None:
        self.address = address
        self.key_file = key_file

    async def run(self, *arguments: object) -> Finished:
        options = ("--url", self.address, "--key-file", self.key_file)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.cli",
            "import",
            *map(str, (*arguments, *options)),
            cwd=ROOT,
            env=os.environ | {"COLUMNS": "120"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Finished(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def terminal(url: str, importer: Importer, anyone: httpx.AsyncClient, tmp_path: Path) -> AsyncIterator[Terminal]:
    key_file = tmp_path / "key"
    key_file.write_text(anyone.headers["Authorization"].removeprefix("Bearer "))
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(FeedbackSettings(database_url=url, secret=SECRET))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield Terminal(f"http://127.0.0.1:{listening.getsockname()[1]}", key_file)
    server.should_exit = True
    await asyncio.to_thread(thread.join)


async def test_the_extract_comes_in_and_the_report_is_a_table(terminal: Terminal, importer: Importer) -> None:
    done = await terminal.run(EXTRACT, "--mapping", BOSTON_MAPPING, "--shift", "weeks-to-now")
    assert done.status == 0, done.err
    rows = len(rows_of(EXTRACT))
    assert f"{rows:,}" in done.out
    assert "weeks" in done.out
    assert len(await importer.requests()) == rows


async def test_the_report_is_json_for_programs(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    file.write_bytes(boston({}))
    done = await terminal.run(file, "--mapping", BOSTON_MAPPING, "--json")
    assert (done.status, json.loads(done.out)["taken"], done.err) == (0, 1, "")


async def test_refused_rows_are_shown_and_change_the_exit_status(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(boston({}, {"case_enquiry_id": "2", "type": "Flying Saucer"}))
    done = await terminal.run(file, "--mapping", BOSTON_MAPPING)
    assert done.status == 3
    assert "line 3: unknown-service" in done.out


async def test_a_bad_mapping_is_told_by_file_and_key(terminal: Terminal, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    mapping.write_text(BOSTON_MAPPING.read_text().replace("opened_at:", "opend_at:"))
    done = await terminal.run(EXTRACT, "--mapping", mapping)
    assert done.status == 1
    assert f"{mapping}: fields.opend_at: unknown key" in done.err


async def test_a_file_without_a_column_is_told(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(boston({}).replace(b"open_dt", b"opened"))
    done = await terminal.run(file, "--mapping", BOSTON_MAPPING)
    assert done.status == 1
    assert "not in the file: open_dt" in done.err


async def test_a_platform_that_is_not_up_is_told(terminal: Terminal) -> None:
    terminal.address = "http://127.0.0.1:9"
    done = await terminal.run(EXTRACT, "--mapping", BOSTON_MAPPING)
    assert done.status == 1
    assert "does not answer" in done.err
