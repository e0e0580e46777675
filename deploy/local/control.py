"""Seen from outside a running stack: its state, its end, and its start in the background."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from deploy.local import ports
from deploy.local.children import bound_log
from deploy.local.errors import PartError
from deploy.local.identity import lives
from deploy.local.processes import ROOT, is_ready
from deploy.local.state import State

STOP_SECONDS = 90.0
NOT_RUNNING: dict[str, Any] = {"ready": False, "processes": [], "addresses": {}}
SHOWN = ("name", "pid", "port", "restarts")


def status(state: State) -> dict[str, Any]:
    """What runs now; `ready` only if each process lives and says that it can work."""
    report = _running(state)
    if report is None:
        return NOT_RUNNING
    processes = report["processes"]
    ready = report["ready"] and all(_works(process, report["host"]) for process in processes)
    shown = [{name: process[name] for name in SHOWN} for process in processes]
    return {"ready": ready, "processes": shown, "addresses": report["addresses"]}


def _works(process: dict[str, Any], host: str) -> bool:
    if not lives(process["pid"], process["identity"]):
        return False
    if process["name"] == "postgres":
        return True
    if process["name"] == "kafka":
        return ports.accepts(process["port"])
    return is_ready(host, process["port"])


def stop(state: State) -> bool:
    """Stops the stack and waits for its end; False if none runs."""
    report = _running(state)
    if report is None:
        return False
    pid, identity = report["launcher"]["pid"], report["launcher"]["identity"]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while lives(pid, identity):
        if time.monotonic() > deadline:
            reason = f"process {pid} did not end in {STOP_SECONDS:.0f} s"
            raise PartError("launcher", reason, f"`kill -9 {pid}` ends it; the next start cleans up.")
        time.sleep(0.05)
    return True


def start_detached(state: State, arguments: list[str], show: Callable[[str], None]) -> int:
    """Starts a launcher of its own session, and returns 0 once it is ready.

    What it prints meanwhile is shown; if it ends before it is ready, returns its exit status.
    """
    state.make()
    log = state.logs / "launcher.log"
    bound_log(log)
    with log.open("ab") as output, log.open("rb") as shown:
        shown.seek(0, os.SEEK_END)
        launcher = subprocess.Popen(
            [sys.executable, "-P", "-m", "services.cli", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**os.environ, "CIVICLOOP_STATE": str(state.folder)},
            start_new_session=True,
        )
        try:
            _wait_ready(state, launcher, lambda: show(shown.read().decode(errors="replace")))
        except KeyboardInterrupt:
            launcher.terminate()
            launcher.wait()
    return launcher.returncode or 0


def _wait_ready(state: State, launcher: subprocess.Popen[bytes], show: Callable[[], None]) -> None:
    while launcher.poll() is None:
        show()
        report = state.read_report()
        if report and report["launcher"]["pid"] == launcher.pid and report["ready"]:
            break
        time.sleep(0.05)
    show()


def _running(state: State) -> dict[str, Any] | None:
    report = state.read_report()
    if report and lives(report["launcher"]["pid"], report["launcher"]["identity"]):
        return report
    return None
