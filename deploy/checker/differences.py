"""Two streams of rows in the same order of keys, compared exactly, however long they are."""

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

Row = tuple[Any, ...]
Rows = AsyncIterator[Row]


class Difference(NamedTuple):
    """A key with its two sets of values; None where a side lacks the key."""

    key: Row
    expected: Row | None
    found: Row | None


async def differences(expected: Rows, found: Rows, width: int) -> AsyncIterator[Difference]:
    """Where two streams differ. The first `width` members of a row are its key, unique and ascending."""
    left, right = await anext(expected, None), await anext(found, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[:width] < right[:width]):
            assert left is not None
            yield Difference(left[:width], left[width:], None)
            left = await anext(expected, None)
        elif left is None or right[:width] < left[:width]:
            yield Difference(right[:width], None, right[width:])
            right = await anext(found, None)
        else:
            if left != right:
                yield Difference(left[:width], left[width:], right[width:])
            left, right = await anext(expected, None), await anext(found, None)


async def seen(rows: Rows, look: Callable[[Row], None]) -> Rows:
    """The same rows, each shown to `look` in passing."""
    async for row in rows:
        look(row)
        yield row
