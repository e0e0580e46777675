"""What a benchmark found, as lines of one table."""

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table


class Figure(NamedTuple):
    """A rate against a reference of the same run; `to_reach` is the ratio wanted (None: it only informs)."""

    what: str
    rate: float
    reference: str
    reference_rate: float
    to_reach: float | None = None

    @property
    def ratio(self) -> float:
        return self.rate / self.reference_rate


class Bound(NamedTuple):
    """A figure that should stay below a bound, in its own unit."""

    what: str
    value: float
    bound: float
    unit: str


def show(figures: Sequence[Figure | Bound]) -> None:
    """Prints the table."""
    table = Table("what", "figure", "reference", "its figure", "ratio", "to reach", box=box.SIMPLE)
    for figure in figures:
        table.add_row(*(_rate(figure) if isinstance(figure, Figure) else _bound(figure)))
    Console(width=160).print(table)


def _rate(figure: Figure) -> tuple[str, ...]:
    wanted = "" if figure.to_reach is None else f"{figure.to_reach:.2f}"
    return (
        figure.what,
        f"{figure.rate:,.0f}/s",
        figure.reference,
        f"{figure.reference_rate:,.0f}/s",
        f"{figure.ratio:.2f}",
        wanted,
    )


def _bound(figure: Bound) -> tuple[str, ...]:
    digits = 0 if figure.value >= 10 else 2
    return (
        figure.what,
        f"{figure.value:,.{digits}f} {figure.unit}",
        "",
        "",
        "",
        f"below {figure.bound:,.4g} {figure.unit}",
    )
