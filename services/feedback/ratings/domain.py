"""A rating and its states: current, then replaced by the contributor's next one, or withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A contributor's judgement of a service, 1 (worst) to 5 (best). `contributor` is a pseudonym.

    `aspects` are judged on the same scale, by their names; `request_id` is a closed request that it is about.
    """

    id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str
    value: int
    given_at: datetime
    district_id: str | None = None
    comment: str | None = None
    channel: str | None = None
    state: str = "current"
    withdrawn_at: datetime | None = None
    replaced_by: UUID | None = None
    campaign: str | None = None
    request_id: UUID | None = None
    aspects: Mapping[str, int] | None = None
    comment_masked: str | None = None
    hidden_at: datetime | None = None

    @property
    def hidden(self) -> bool:
        """Whether moderation keeps its comment from the public."""
        return self.hidden_at is not None


class NoSuchRating(LookupError):
    """There is no rating of this id."""


class SomebodyElses(Exception):
    """The rating was given by another contributor."""


class NotYourClosedRequest(Exception):
    """What is rated is no closed request of the service that the contributor made."""


class NewerCounts(Exception):
    """A rating that comes late is older than the one that its contributor gave since."""


class NotCurrent(Exception):
    """The rating no longer counts: it was replaced or withdrawn."""


def withdraw(rating: Rating, at: datetime) -> Rating:
    """The rating taken back, as if it had never been given. Raises NotCurrent."""
    if rating.state != "current":
        raise NotCurrent(f"rating {rating.id} is {rating.state}")
    return replace(rating, state="withdrawn", withdrawn_at=max(at, rating.given_at))
