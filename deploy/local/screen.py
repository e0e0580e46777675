"""What the launcher's user sees: progress of what takes long, the scores, the addresses."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

WORTH_SAYING_SECONDS = 2.0
Report = Callable[[int, int], None]
"""Called with how much of how much is done."""


class Screen:
    """A terminal gets live progress; a file gets a line for each step that took long."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, text: str) -> None:
        self.console.print(text, style="yellow", highlight=False, markup=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Report]:
        started = time.monotonic()
        with self._progress() as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, of: progress.update(task, completed=done, total=of)
        seconds = time.monotonic() - started
        if seconds >= WORTH_SAYING_SECONDS:
            self.console.print(f"{title}: {seconds:.1f} s", style="dim", highlight=False, markup=False)

    def _progress(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
