"""Starts the platform's processes, ends them as a fault would, and asks the checker what came of it."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from deploy.checker.check import check
from deploy.checker.report import Report
from deploy.local import ports
from tests.loop.loop import Loop

ROOT = Path(__file__).parents[2]
NAMES = ("feedback-api", "feedback-worker", "metrics-api", "metrics-worker")
LEASE_SECONDS = 1


@dataclass
class Processes:
    """Processes of one loop by name; a second one of a name gets a port of its own."""

    loop: Loop
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, *, failpoint: str = "", as_: str | None = None) -> subprocess.Popen[bytes]:
        """Starts a process; with a failpoint such as `relay.after_send=2` it will kill itself there."""
        label = as_ or name
        port = self.ports.setdefault(label, ports.free_block(1))
        service, kind = name.split("-")
        command = [sys.executable, "-m", f"services.{service}.worker"]
        if kind == "api":
            command = [sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.app:create_app"]
            command += ["--port", str(port), "--no-access-log"]
        self.running[label] = subprocess.Popen(
            command, cwd=ROOT, env=self.environment(port, failpoint), stdin=subprocess.DEVNULL
        )
        return self.running[label]

    def environment(self, port: int, failpoint: str) -> dict[str, str]:
        """What a process is configured with."""
        own = {f"CIVICLOOP_{name.upper()}_DATABASE_URL": url for name, url in self.loop.urls.items()}
        own |= {f"CIVICLOOP_{name.upper()}_WORKER_PORT": str(port) for name in self.loop.urls}
        return (
            os.environ
            | own
            | {
                "CIVICLOOP_KAFKA_BOOTSTRAP": self.loop.bootstrap,
                "CIVICLOOP_FEEDBACK_SECRET": SECRET,
                "CIVICLOOP_RELAY_LEASE_SECONDS": str(LEASE_SECONDS),
                "CIVICLOOP_FAILPOINTS": failpoint,
                "CIVICLOOP_LOG_LEVEL": "error",
            }
        )

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    async def answers(self, name: str) -> None:
        async with httpx.AsyncClient() as client:
            while True:
                try:
                    if (await client.get(f"{self.address(name)}/health/ready")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def dies(self, name: str) -> None:
        """Returns once the process has killed itself at its failpoint."""
        status = await asyncio.to_thread(self.running[name].wait)
        assert status == -signal.SIGKILL, f"{name} ended by itself, with status {status}"

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait()

    def stop_all(self) -> None:
        for name in list(self.running):
            self.stop(name)

    async def examine(self) -> Report:
        """What the checker says, once all workers have run undisturbed until the loop is idle."""
        for name in ("feedback-worker", "metrics-worker"):
            if name not in self.running or self.running[name].poll() is not None:
                self.start(name)
        return await check(replace(self.loop.addresses, metrics=self.address("metrics-api")), 120)


SECRET = secrets.token_hex(32)
