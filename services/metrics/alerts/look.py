"""What rules look at: the evidence on one service, its scores now and four weeks before, and its ties. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from services.metrics.channels.tally import ChannelUse
from services.metrics.scores.assessment import Assessment
from services.metrics.scores.evidence import JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.series import Series

NO_CHANNELS = ChannelUse(0, "", 0, 0)
BEFORE_DAYS = 28
"""How long ago the score was with which the present one is compared."""


class Tie(NamedTuple):
    """A partnership of the service, in force, and one of its partners other than the service's own organisation."""

    partnership_id: str
    partner_id: str


class Look(NamedTuple):
    """What is known of one service at the end of a day. `running`: it is offered, so that silence says something.

    `channels` are those of the last count, which is made once a day.
    """

    service: ServiceEvidence
    jurisdiction: JurisdictionEvidence
    now: Assessment
    before: Assessment
    ties: Sequence[Tie] = ()
    running: bool = True
    channels: ChannelUse = NO_CHANNELS

    @property
    def day(self) -> int:
        """The last day that counts, as `date.toordinal` does."""
        return self.now.as_of.toordinal()

    def series(self, measure: str) -> Series:
        return self.service.buckets.of(measure)

    def by_day(self, measure: str) -> dict[int, dict[int, int]]:
        """Counts above 0 by day and bin, of the days that are read one by one, up to the last that counts."""
        found = self.series(measure)
        counts: dict[int, dict[int, int]] = {}
        where = (found.days <= self.day) & (found.counts > 0)
        columns = (found.days[where], found.bins[where], found.counts[where])
        for day, bin, count in zip(*(column.tolist() for column in columns), strict=True):
            of_day = counts.setdefault(day, {})
            of_day[bin] = of_day.get(bin, 0) + count
        return counts
