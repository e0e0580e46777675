"""Where a listener stands: the sequence number it has reached in each part of the outbox."""

from collections.abc import Mapping

from shared.settings import PARTITIONS

Cursor = Mapping[int, int]
"""Sequence number by part."""

LARGEST = 2**63 - 1


def write(cursor: Cursor) -> str:
    """The cursor as an event's id: the sequence numbers in the order of parts, such as `17-0-4-0-0-2-0-9`."""
    return "-".join(str(cursor[part]) for part in range(PARTITIONS))


def read(text: str) -> dict[int, int] | None:
    """The cursor that an id stands for, or None where it is none of ours."""
    numbers = text.strip().split("-")
    if len(numbers) != PARTITIONS or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    cursor = {part: int(number) for part, number in enumerate(numbers) if len(number) < 20}
    return cursor if len(cursor) == PARTITIONS and max(cursor.values()) <= LARGEST else None
