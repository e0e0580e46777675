"""What metrics does with the events it receives: contract event to domain call."""

from collections.abc import Sequence

import asyncpg
import msgspec

from services.metrics.buckets import store as buckets
from services.metrics.buckets.columns import Observations, Places
from services.metrics.buckets.joining import join, less, with_places_that_occur
from services.metrics.buckets.measures import ON_DEMAND
from services.metrics.buckets.observations import observe
from services.metrics.directory import store as directory
from shared.contracts import catalog, feedback
from shared.contracts.base import UNREADABLE, Contract
from shared.inbox.batch import Encoded, Refusals
from shared.inbox.contracts import ContractHandler


class CatalogueHandler(ContractHandler):
    """Keeps the read copy of the catalogue."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        await directory.store(connection, contracts)


MOST_PLACES = 500_000
"""Numbered places that are kept in memory from batch to batch."""


class FeedbackHandler:
    """Counts citizens' input: events are decoded and observed as they come, and what they say is added as one."""

    def __init__(self) -> None:
        self._decoders = {name: msgspec.json.Decoder(struct).decode for name, struct in feedback.TYPES.items()}
        self._places = Places()

    def prepare(self, events: Sequence[Encoded]) -> tuple[Observations, Refusals]:
        decoders = self._decoders
        try:
            return observe([decoders[type_](data) for type_, data in events], self._places), {}
        except Exception:  # some event cannot be used: which?
            return self._prepare_singly(events)

    def _prepare_singly(self, events: Sequence[Encoded]) -> tuple[Observations, Refusals]:
        usable: list[Contract] = []
        refused: Refusals = {}
        for number, (type_, data) in enumerate(events):
            if type_ not in self._decoders:
                refused[number] = f"unknown event type {type_!r}"
                continue
            try:
                event = self._decoders[type_](data)
                observe([event])
                usable.append(event)
            except UNREADABLE as error:
                refused[number] = str(error)
            except Exception as error:
                refused[number] = f"{type(error).__name__}: {error}"
        return observe(usable, self._places), refused

    def join(self, prepared: Sequence[Observations]) -> Observations:
        return join(prepared)

    async def apply(self, connection: asyncpg.Connection, prepared: Observations) -> None:
        if prepared.count.size:
            # Asked for after the position was moved: what is counted from some position on is in every batch beyond.
            kept = less(prepared, ON_DEMAND - await buckets.kept(connection))
            await buckets.add(connection, with_places_that_occur(kept))
        if len(self._places) > MOST_PLACES:
            self._places = Places()
