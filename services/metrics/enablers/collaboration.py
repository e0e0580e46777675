"""Collaboration: who stands behind services together, and how evenly (docs/scores.md, section 12). Pure."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

HELIXES = ("government", "industry", "academia", "civil-society")


@dataclass(frozen=True, kw_only=True)
class Partnership:
    """Partners with their shares of cost where known, and the terms for which it is agreed (ordinals; None: open)."""

    id: str
    partners: Mapping[str, float | None]
    terms: Sequence[tuple[int, int | None]] = ()

    def holds_on(self, day: int) -> bool:
        """Whether it is agreed on a day; one without any term is taken to hold always."""
        return not self.terms or any(first <= day and (last is None or day <= last) for first, last in self.terms)

    def shares(self) -> dict[str, float]:
        """Each partner's part in it: by shares of cost where all are known, else alike."""
        known = {id: share for id, share in self.partners.items() if share is not None}
        whole = math.fsum(known.values())
        if whole <= 0 or len(known) < len(self.partners):
            return dict.fromkeys(self.partners, 1 / len(self.partners))
        return {id: share / whole for id, share in known.items()}


@dataclass(frozen=True, kw_only=True)
class Around:
    """Who stands behind services: `own` answers for them, `house` is that with all that it is a part of, `helpers` take
    part beside partnerships; the helix of each organisation where it is known."""

    own: Collection[str]
    house: Collection[str]
    helpers: Sequence[str] = ()
    partnerships: Sequence[Partnership] = ()
    helixes: Mapping[str, str | None] = field(default_factory=dict)


class Collaboration(NamedTuple):
    """`score` is the mean of balance and spread, those that there are; None where nothing is known.

    `ties` counts organisations of other houses, `partnerships` those in force. `concentration` is the Herfindahl
    index of the partners' parts, `spread` 100 times what it leaves to 1; `largest` is whose part is largest.
    """

    score: float | None
    helixes: Mapping[str, int]
    helix_unknown: int
    helix_balance: float | None
    ties: int
    partnerships: int
    concentration: float | None
    spread: float | None
    largest: str | None
    largest_share: float | None


def collaboration(around: Around, day: int) -> Collaboration:
    """How those who stand behind services work together on a day."""
    held = [each for each in around.partnerships if each.holds_on(day)]
    actors = {*around.own, *around.helpers, *(id for each in held for id in each.partners)}
    counts = Counter(around.helixes.get(id) for id in actors)
    parts = _parts(around, held)
    balance, concentration = helix_balance([counts[helix] for helix in HELIXES]), herfindahl(parts.values())
    spread = None if concentration is None else 100 * (1 - concentration)
    scores = [each for each in (balance, spread) if each is not None]
    largest = min(parts, key=lambda id: (-parts[id], id), default=None)
    return Collaboration(
        math.fsum(scores) / len(scores) if scores else None,
        {helix: counts[helix] for helix in HELIXES},
        sum(number for helix, number in counts.items() if helix not in HELIXES),
        balance,
        len(actors - {*around.house}),
        len(held),
        concentration,
        spread,
        largest,
        None if largest is None else parts[largest],
    )


def _parts(around: Around, held: Iterable[Partnership]) -> dict[str, float]:
    """Each other organisation's part in all ties: a helper is one tie, a partnership one that its partners share."""
    parts: dict[str, list[float]] = {}
    ties = [dict.fromkeys([helper], 1.0) for helper in around.helpers] + [each.shares() for each in held]
    for tie in ties:
        for id, share in tie.items():
            if id not in around.house:
                parts.setdefault(id, []).append(share)
    sums = {id: math.fsum(parts[id]) for id in sorted(parts)}
    whole = math.fsum(sums.values())
    return {id: each / whole for id, each in sums.items()} if whole > 0 else {}


def helix_balance(counts: Sequence[int]) -> float | None:
    """100 times the Shannon entropy of the helixes' shares over its maximum, the logarithm of their number (Pielou,
    "The Measurement of Diversity in Different Types of Biological Collections", Journal of Theoretical Biology 1966).
    The norm is the quadruple helix: all four parts of society alike (Carayannis and Campbell, International Journal of
    Technology Management 2009). None where no helix is known."""
    total = sum(counts)
    if total == 0:
        return None
    entropy = math.fsum(-count / total * math.log(count / total) for count in counts if count)
    return min(100.0, 100 * max(entropy, 0.0) / math.log(len(counts)))


def herfindahl(shares: Collection[float]) -> float | None:
    """The sum of the squares of shares that add up to 1 (Hirschman, "The Paternity of an Index", American Economic
    Review 1964): 1 where all depends on one partner. None where there are none."""
    return math.fsum(share**2 for share in shares) if shares else None
