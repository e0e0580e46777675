"""Events that every consumer may publish, on the dead-letter topic of the topic it reads."""

from shared.contracts.base import Contract


class EventDied(Contract, frozen=True, kw_only=True):
    """A message could not be used; it stays, whole, in the consumer's database."""

    topic: str
    partition: int
    offset: int
    reason: str


TYPES: dict[str, type[Contract]] = {"inbox.event.died.v1": EventDied}
