"""Drives the launcher as its user does: by its commands and environment."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from deploy.local import control, ports
from deploy.local.state import State

ROOT = Path(__file__).parents[1]
WAIT_SECONDS = 180.0
PORTS_OF_A_STACK = 20


class StackUnderTest:
    """The platform with a state folder and ports of its own; `more` is added to its environment."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.state = State(folder)
        self.port_base = ports.free_block(PORTS_OF_A_STACK)
        outside = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLOOP_")}
        own = {"CIVICLOOP_STATE": str(folder), "CIVICLOOP_PORT_BASE": str(self.port_base)}
        cache = {name: os.environ[name] for name in ("CIVICLOOP_CACHE",) if name in os.environ}
        self.environment = outside | cache | own | more

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `civicloop` with these arguments to its end."""
        return subprocess.run(self._line(*arguments), env=self.environment, capture_output=True, text=True, check=False)

    def in_foreground(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._line(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up(self, *arguments: str) -> None:
        started = self.command("up", "--detach", "--no-city", *arguments)
        if started.returncode:
            raise AssertionError(started.stdout + started.stderr)

    def down(self) -> None:
        self.command("down")

    def status(self) -> dict[str, Any]:
        return control.status(self.state)

    def processes(self) -> dict[str, dict[str, Any]]:
        return {process["name"]: process for process in self.status()["processes"]}

    def launcher_pid(self) -> int:
        report = self.state.read_report()
        if report is None:
            raise AssertionError("no launcher runs")
        return int(report["launcher"]["pid"])

    def kill(self, name: str) -> None:
        os.kill(self.processes()[name]["pid"], signal.SIGKILL)

    def wait_ready(self) -> None:
        wait_for(lambda: self.status()["ready"], f"the stack in {self.state.folder} is ready")

    def key(self) -> str:
        return self.state.operator_key.read_text().strip()

    def address(self, service: str) -> str:
        return f"http://127.0.0.1:{self.port_base + {'catalog': 1, 'feedback': 2, 'metrics': 3}[service]}"

    def get(self, service: str, path: str) -> Any:
        with urllib.request.urlopen(self.address(service) + path, timeout=10) as answer:
            return json.load(answer)

    def settings(self) -> dict[str, str]:
        """What the stack's processes are configured with: databases, broker, ports."""
        return self.state.read_environment()

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "services.cli", *arguments]


def lives(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Fails when the condition has not come true in minutes, which is far more than it should take."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not true after {WAIT_SECONDS:.0f} s: {what}")
        time.sleep(0.05)
