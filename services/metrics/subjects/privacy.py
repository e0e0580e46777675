"""Which figures of districts may be told: none of fewer than five people, nor what would give one away by subtraction.

docs/scores.md, section 6. A threshold with complementary suppression in one direction (Hundepool et al., "Statistical
Disclosure Control", Wiley 2012, chapter 4); what is left untold is never fewer than five people together.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from datasketches import compact_theta_sketch, theta_union

from services.metrics.buckets.sketches import LG_K
from services.metrics.scores.evidence import ENOUGH_TOLD


class Cell(NamedTuple):
    """What a district gave in a month to one measure: how many observations, and whether five people took part.

    Where not, `sketches` are of those who did.
    """

    number: int
    enough_people: bool
    sketches: Collection[bytes] = ()

    @property
    def told(self) -> bool:
        """Whether it is large enough by itself."""
        return self.number >= ENOUGH_TOLD and (self.enough_people or people(self.sketches) >= ENOUGH_TOLD)


def people(sketches: Iterable[bytes]) -> int:
    """How many distinct people some sketches hold together."""
    union = theta_union(LG_K)
    for sketch in sketches:
        union.update(compact_theta_sketch.deserialize(sketch))
    estimate: float = union.get_result().get_estimate()
    return round(estimate)


def together(cells: Collection[Cell]) -> Cell:
    """Several cells as one."""
    sketches = [sketch for cell in cells for sketch in cell.sketches]
    return Cell(sum(cell.number for cell in cells), any(cell.enough_people for cell in cells), sketches)


def told_districts(cells: Mapping[str, Cell]) -> set[str]:
    """The districts of which a month's observations of one measure may be told.

    `cells` are of all that add up to the jurisdiction's figure, which is known to all; that of no district is called
    "" and never told. Where all that is not told would be too little together, the smallest district joins it.
    """
    held = {name: cell for name, cell in cells.items() if cell.number}
    told = {name for name, cell in held.items() if name and cell.told}
    rest = together([cell for name, cell in held.items() if name not in told])
    if told and rest.number and not rest.told:
        told.discard(min(told, key=lambda name: (held[name].number, name)))
    return told


def told_services(cells: Mapping[tuple[str, str], Cell], districts: Collection[str]) -> set[str]:
    """The services whose observations of one measure in a month may be told by district.

    `cells` are by service and district, and `districts` those that are told as a whole. A service is told if each of
    its districts could be, so that nothing of it is left to subtract; and if in each district, and in all that are not
    told together, what is left of the other services is nothing or enough. Else the smallest service there joins it.
    """
    held = {key: cell for key, cell in cells.items() if cell.number}
    columns = _columns(held, districts)
    told = {service for service, _ in held} - {service for (service, _), cell in held.items() if not cell.told}
    while (column := _too_little_left(columns, told)) is not None:
        present = {service for service in column if service in told}
        if not present:
            return set()
        told.discard(min(present, key=lambda service: (column[service].number, service)))
    return told


def _columns(held: Mapping[tuple[str, str], Cell], districts: Collection[str]) -> list[dict[str, Cell]]:
    """The cells of each told district by service, and of all others together."""
    found: dict[str, dict[str, list[Cell]]] = {}
    for (service, district), cell in sorted(held.items()):
        column = found.setdefault(district if district in districts else "", {})
        column.setdefault(service, []).append(cell)
    return [{name: together(cells) for name, cells in column.items()} for _, column in sorted(found.items())]


def _too_little_left(columns: Iterable[dict[str, Cell]], told: Collection[str]) -> dict[str, Cell] | None:
    for column in columns:
        rest = together([cell for service, cell in column.items() if service not in told])
        if rest.number and not rest.told:
            return column
    return None
