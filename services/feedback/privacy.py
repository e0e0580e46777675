"""Which figures of districts can be shown beside a total without telling what a few people said."""

from collections.abc import Mapping

FEWEST = 5
"""No figure of a district is shown below so many contributors."""


def showable(contributors: Mapping[str | None, int]) -> set[str]:
    """The districts whose figures may be shown, by how many contributors each figure rests on.

    None stands for those who named no district: they are never shown, and hide nobody but themselves. What is left
    out can be had together, as the difference to the total: so it must be at least two districts (or one, and those
    who named none), and together no fewer than FEWEST. Where it is less, the smallest of the others is left out too.
    """
    shown = sorted((n, name) for name, n in contributors.items() if name is not None and n >= FEWEST)
    hidden = [n for name, n in contributors.items() if n > 0 and (name is None or n < FEWEST)]
    small = any(0 < n < FEWEST for n in contributors.values())
    while small and shown and (len(hidden) < 2 or sum(hidden) < FEWEST):
        hidden.append(shown.pop(0)[0])
    return {name for _, name in shown}
