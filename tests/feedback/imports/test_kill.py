"""An import whose process is killed, before or after a chunk's COMMIT, is finished by running it again."""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from contextlib import suppress

import httpx
import pytest

from tests.feedback.imports.conftest import SECRET, Importer
from tests.feedback.imports.files import EXTRACT, ROOT, rows_of


class Process:
    """Feedback's HTTP process of its own, with a failpoint or without."""

    def __init__(self, url: str, failpoints: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        more = {"CIVICLOOP_FEEDBACK_DATABASE_URL": url, "CIVICLOOP_FEEDBACK_SECRET": SECRET}
        self._environment = os.environ | more | {"CIVICLOOP_FAILPOINTS": failpoints}

    async def start(self) -> None:
        command = ("-m", "uvicorn", "--factory", "services.feedback.app:create_app", "--port", str(self.port))
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, env=self._environment, stderr=asyncio.subprocess.DEVNULL
        )

    async def send(self, authorization: str) -> httpx.Response:
        """Imports the extract, as soon as the process listens."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=None) as client:
            while True:
                with suppress(httpx.ConnectError):
                    await client.get("/health/live")
                    break
                await asyncio.sleep(0.1)
            headers = {"Content-Encoding": "gzip", "Authorization": authorization}
            return await client.post("/v1/imports?mapping=boston-311", content=EXTRACT.read_bytes(), headers=headers)


@pytest.mark.parametrize("failpoint", ["import.before_commit=1", "import.before_commit=4", "import.after_commit=3"])
async def test_nothing_is_lost_or_doubled_by_a_kill(
    url: str, importer: Importer, anyone: httpx.AsyncClient, failpoint: str
) -> None:
    doomed = Process(url, failpoint)
    await doomed.start()
    with pytest.raises(httpx.TransportError):
        await doomed.send(anyone.headers["Authorization"])
    assert await doomed.process.wait() == -signal.SIGKILL
    stored = len(await importer.requests())
    assert 0 <= stored < len(rows_of(EXTRACT))
    assert Counter(await importer.events())["opened"] == stored

    report = await importer.take(EXTRACT.read_bytes(), gzip=True)
    assert (report["unchanged"], report["taken"]) == (stored, report["rows"] - stored)
    assert Counter(await importer.events())["opened"] == report["rows"] == len(await importer.requests())
