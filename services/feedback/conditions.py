"""Conditions of a statement that is put together."""

from typing import Any


class Condition:
    """Conditions that all have to hold, and the values of their parameters."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.parts: list[str] = []

    def add(self, part: str, *values: Any) -> None:
        """A condition; each `{}` in it stands for a value."""
        self.parts.append(part.format(*map(self.value, values)))

    def value(self, value: Any) -> str:
        """The parameter that stands for a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def __str__(self) -> str:
        return " AND ".join(self.parts)
