"""Child processes that end with their parent, and whose last words are kept."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.errors import PartError
from deploy.local.identity import identity, lives

PR_SET_PDEATHSIG = 1
LOG_BYTES = 8 * 1024 * 1024
TAIL_LINES = 12
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Command:
    """What to run. `stop` is the signal that ends it in order, `prepare` runs first in the child."""

    part: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path = Path("/")
    stop: signal.Signals = signal.SIGTERM
    grace: float = 15.0
    prepare: Callable[[], None] | None = None


class Child:
    """A running command: no input, output into its log, ended by the kernel when its parent is gone.

    Start children on the main thread only: the kernel ends them with the thread that started them.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        bound_log(command.log)
        self.log_start = command.log.stat().st_size if command.log.exists() else 0
        with command.log.open("ab") as log:
            self._process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(command.environment),
                cwd=command.folder,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops all in order
                preexec_fn=self._before_exec,
            )
        self.pid = self._process.pid
        self.identity = identity(self.pid)

    def _before_exec(self) -> None:
        if self.command.prepare:
            self.command.prepare()
        if sys.platform == "linux":  # after `prepare`: a change of user clears it
            _libc.prctl(PR_SET_PDEATHSIG, int(self.command.stop))

    def alive(self) -> bool:
        return self._process.poll() is None

    def exit_text(self) -> str:
        code = self._process.poll()
        if code is None:
            return "is running"
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self.command.stop)

    def wait(self) -> None:
        """Waits for the end of the child, and forces it after its grace period."""
        try:
            self._process.wait(self.command.grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_end(self, timeout: float) -> None:
        """Returns when the command has done its work; raises PartError when it failed, or takes too long."""
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > deadline:
                self.stop()
                raise self._failed(f"was not done after {timeout:.0f} s")
            time.sleep(0.02)
        if self._process.returncode:
            raise self._failed(self.exit_text())

    def stop(self) -> None:
        self.terminate()
        self.wait()

    def last_words(self) -> str:
        """The last lines of this run, as its reason for having ended."""
        with self.command.log.open("rb") as log:
            log.seek(max(self.log_start, log.seek(0, os.SEEK_END) - 64 * 1024))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Returns when `ready()`; raises PartError when the child ends first, or not in `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.alive():
                raise self._failed(self.exit_text())
            if time.monotonic() > deadline:
                raise self._failed(f"was not ready after {timeout:.0f} s")
            time.sleep(0.02)

    def _failed(self, what: str) -> PartError:
        words = self.last_words()
        reason = f"{what}; its last lines:\n{words}" if words else f"{what} without a word"
        return PartError(self.command.part, reason, f"The whole log: {self.command.log}")


def bound_log(log: Path) -> None:
    """Keeps one earlier file of at most LOG_BYTES. The log is copied and emptied, not renamed: its writer,
    which appends, goes on writing to the same file."""
    if not log.exists() or log.stat().st_size <= LOG_BYTES:
        return
    with log.open("r+b") as file:
        file.seek(-LOG_BYTES, os.SEEK_END)
        log.with_name(log.name + ".1").write_bytes(file.read())
        file.truncate(0)


def stop_leftover(pid: int, known: str | None, stop: int, grace: float = 10.0) -> None:
    """Ends a process of an earlier run, if it still is that one."""
    if not lives(pid, known):
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.send_signal(stop)
        try:
            process.wait(grace)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()
