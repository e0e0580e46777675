"""The state folder: everything that outlives a run, and what a run tells others about itself."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.errors import PartError

REMEDY = "Name another one: CIVICLOOP_STATE=/path"


class State:
    """`folder` belongs to its owner alone. One launcher at a time holds `lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.operator_key = folder / "operator-key"
        self.feedback_secret = folder / "feedback-secret"
        self.media = folder / "media"
        self.report = folder / "stack.json"
        self.environment = folder / "environment.json"
        self.city = folder / "city.json"

    def make(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise PartError("launcher", f"the state folder cannot be made: {error}", REMEDY) from error
        if not os.access(self.folder, os.W_OK):
            raise PartError("launcher", f"the state folder {self.folder} belongs to somebody else", REMEDY)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by the one launcher of this folder; the system lets go of it however that process ends."""
        with (self.folder / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PartError(
                    "launcher",
                    f"a stack with this state folder runs already: {self.folder}",
                    "Stop it with `civicloop down`, or set another CIVICLOOP_STATE and CIVICLOOP_PORT_BASE.",
                ) from None
            yield

    def secret(self, path: Path, make: Callable[[], str]) -> str:
        """The secret kept in `path`, made at first."""
        if not path.exists():
            write_private(path, make())
        return path.read_text().strip()

    def read_environment(self) -> dict[str, str]:
        """What the processes of this folder's stack are configured with; empty before its first start."""
        environment: dict[str, str] = _read_json(self.environment) or {}
        return environment

    def write_report(self, report: dict[str, Any]) -> None:
        write_private(self.report, json.dumps(report))

    def read_report(self) -> dict[str, Any] | None:
        """What the launcher last said, whether it still runs or not."""
        return _read_json(self.report)


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return content


def new_feedback_secret() -> str:
    return secrets.token_hex(32)


def write_private(path: Path, text: str) -> None:
    """Replaces the file at once; only its owner may read it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
