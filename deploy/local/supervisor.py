"""Starts again what has ended, sooner at first, later if it keeps ending."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deploy.local.children import bound_log
from deploy.local.errors import PartError
from deploy.local.part import Part

PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
SETTLED_SECONDS = 30.0
"""A part that has run for so long is started at once when it ends."""


@dataclass
class Watched:
    part: Part
    restarts: int = 0
    in_a_row: int = 0
    started: float = field(default_factory=time.monotonic)
    due: float | None = None

    def describe(self) -> dict[str, Any]:
        if self.part.child is None:
            raise RuntimeError(f"{self.part.name} was not started")
        return {
            "name": self.part.name,
            "pid": self.part.child.pid,
            "identity": self.part.child.identity,
            "stop": int(self.part.child.command.stop),
            "port": self.part.port,
            "restarts": self.restarts,
        }

    def pause(self) -> float:
        if time.monotonic() - self.started > SETTLED_SECONDS:
            self.in_a_row = 0
        return PAUSES[min(self.in_a_row, len(PAUSES) - 1)]


class Supervisor:
    """Watches parts that were launched. Call `tick` a few times a second, from the main thread.

    `say` is told what ended and why; `changed` is called when a process has been replaced.
    """

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None]) -> None:
        self._say = say
        self._changed = changed
        self.watched: list[Watched] = []

    def watch(self, part: Part) -> None:
        self.watched.append(Watched(part))
        self._changed()

    def tick(self) -> None:
        for watched in self.watched:
            if watched.due is None:
                self._look(watched)
            elif time.monotonic() >= watched.due:
                self._restart(watched)

    def _look(self, watched: Watched) -> None:
        child = watched.part.child
        if child is None or child.alive():
            bound_log(watched.part.log)
            return
        pause = watched.pause()
        again = f"starting it again in {pause:.1f} s" if pause else "starting it again"
        self._say(f"{watched.part.name} {child.exit_text()}; {again} (log: {watched.part.log})")
        watched.due = time.monotonic() + pause

    def _restart(self, watched: Watched) -> None:
        watched.restarts += 1
        watched.in_a_row += 1
        try:
            watched.part.launch()
        except (PartError, OSError) as error:
            self._say(f"{watched.part.name} could not be started again: {error}")
            watched.due = time.monotonic() + PAUSES[-1]
            return
        watched.started = time.monotonic()
        watched.due = None
        self._changed()
