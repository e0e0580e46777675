"""Walks the way on a stack of its own and writes docs/a-citizens-way.md: `python -m tests.journey`."""

import tempfile
from pathlib import Path

from tests.journey.page import page
from tests.journey.stand import PAGE, walked

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, walked(Path(folder)) as (way, _):
        PAGE.write_text(page(way.steps))
    print(f"wrote {PAGE}")
