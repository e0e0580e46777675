"""Several observations as one: what a batch says is kept small while it grows, and made ready to be added. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from services.metrics.buckets.columns import KINDS, Observations, Participation, together
from services.metrics.buckets.grouping import summed_together
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.times import Flags


def join(observed: Sequence[Observations]) -> Observations:
    """What several say whose places are numbered alike, summed up."""
    if len(observed) == 1:
        return observed[0]
    sums = summed_together([[getattr(each, name) for name in KINDS] for each in observed])
    return Observations(
        observed[0].places,
        **{name: column.astype(kind) for column, (name, kind) in zip(sums, KINDS.items(), strict=True)},
        taking_part=together([each.taking_part for each in observed]),
        withdrawn=together([each.withdrawn for each in observed]),
    )


def less(o: Observations, measures: Collection[Measure]) -> Observations:
    """The same without some measures."""
    return _only(o, ~np.isin(o.measure, list(measures)))


def _only(o: Observations, where: Flags) -> Observations:
    return o if where.all() else replace(o, **{name: getattr(o, name)[where] for name in KINDS})


def with_places_that_occur(o: Observations) -> Observations:
    """The same, with no more places than it speaks of."""
    occurs = np.zeros(len(o.places), dtype=np.bool_)
    for place in (o.place, o.taking_part.place, o.withdrawn.place):
        occurs[place] = True
    number = np.cumsum(occurs) - 1

    def renumbered(taken: Participation) -> Participation:
        return replace(taken, place=number[taken.place])

    return replace(
        o,
        places=[o.places[n] for n in np.flatnonzero(occurs).tolist()],
        place=number[o.place],
        taking_part=renumbered(o.taking_part),
        withdrawn=renumbered(o.withdrawn),
    )
