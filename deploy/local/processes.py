"""The services' processes: each service has an api and a worker."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from deploy.local import ports
from deploy.local.children import Child, Command
from deploy.local.errors import PartError
from deploy.local.part import Part
from deploy.local.settings import SERVICES

ROOT = Path(__file__).parents[2]
SHUTDOWN_SECONDS = "2"  # a listener of a stream would otherwise keep its server up


class ServiceProcess(Part):
    """The api or the worker of one service, listening on `port`."""

    port: int

    def __init__(self, service: str, kind: str, port: int, environment: Mapping[str, str], logs: Path) -> None:
        self.name = f"{service}-{kind}"
        self.port = port
        self._host = ports.reachable(environment["CIVICLOOP_HOST"])
        module = f"services.{service}"
        web = [
            "uvicorn",
            "--factory",
            f"{module}.app:create_app",
            "--host",
            environment["CIVICLOOP_HOST"],
            "--port",
            str(port),
        ]
        web += ["--no-access-log", "--timeout-graceful-shutdown", SHUTDOWN_SECONDS]
        self._arguments = [sys.executable, "-m", *(web if kind == "api" else [f"{module}.worker"])]
        self._environment = own_environment(service, environment)
        self.log = logs / f"{self.name}.log"

    def check_port(self) -> None:
        if not ports.is_free(self.port):
            raise PartError(
                self.name,
                f"port {self.port} is used by another process",
                "Stop that one, or choose other ports: CIVICLOOP_PORT_BASE=8100 moves all of them.",
            )

    def launch(self) -> Child:
        command = Command(self.name, self._arguments, self.log, self._environment, folder=ROOT)
        self.child = Child(command)
        return self.child

    def ready(self) -> bool:
        return is_ready(self._host, self.port)


def own_environment(service: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What one service may know: the common settings and its own, no other service's database or secret."""
    others = tuple(f"CIVICLOOP_{other.upper()}_" for other in SERVICES if other != service)
    merged = {**os.environ, **environment}
    return {name: value for name, value in merged.items() if not name.startswith(others)}


def is_ready(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
