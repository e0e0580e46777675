"""Work on many entities at once, off the event loop: whoever else asks the process must not wait for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FEW = 50
"""So many are done before a thread would have begun."""


async def beside(work: Callable[[], T], size: int) -> T:
    """What `work` gives, which is about `size` entities and does not wait for anything."""
    return work() if size <= FEW else await asyncio.to_thread(work)
