"""A part of the stack that runs as a child process."""

from abc import ABC, abstractmethod
from pathlib import Path

from deploy.local.children import Child


class Part(ABC):
    """What the launcher starts, watches and stops.

    `launch` may prepare folders, returns without waiting, and may be called again after the child has ended;
    like `wait_ready` it raises PartError. `ready` asks the running part, and answers within seconds.
    """

    name: str
    port: int | None
    log: Path
    start_seconds: float = 120.0
    child: Child | None = None

    @abstractmethod
    def launch(self) -> Child: ...

    @abstractmethod
    def ready(self) -> bool: ...

    def wait_ready(self) -> None:
        self._started().wait_until(self.ready, self.start_seconds)

    def start(self) -> None:
        self.launch()
        self.wait_ready()

    def terminate(self) -> None:
        """Asks the part to end, without waiting."""
        if self.child:
            self.child.terminate()

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    @property
    def pid(self) -> int:
        return self._started().pid

    def _started(self) -> Child:
        if self.child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.child
