"""What the launcher's user sees: progress of what takes long, the scores, the addresses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as LiveProgress

WORTH_SAYING_SECONDS = 2.0


class Progress(Protocol):
    """Told how much is done of how much, where that is known, and of what."""

    def __call__(self, done: int, of: int | None, what: str = "") -> None: ...


class Screen:
    """A terminal gets live progress; a file gets a line for each step that took long."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(self, content: RenderableType) -> None:
        self._console.print(content)

    @contextmanager
    def step(self, title: str) -> Iterator[Progress]:
        started = time.monotonic()
        with self._live() as live:
            task = live.add_task(title, total=None)

            def progress(done: int, of: int | None, what: str = "") -> None:
                live.update(task, completed=done, total=of, description=f"{title}: {what}" if what else title)

            yield progress
        seconds = time.monotonic() - started
        if seconds >= WORTH_SAYING_SECONDS:
            self.say(f"{title}: {seconds:.1f} s")

    def _live(self) -> LiveProgress:
        return LiveProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
