"""What metrics does with the events it receives: contract event to domain call."""

from collections.abc import Sequence

import asyncpg
import msgspec

from services.metrics.buckets import store as buckets
from services.metrics.buckets.observations import observe
from services.metrics.directory import store as directory
from shared.contracts import catalog, feedback
from shared.contracts.base import UNREADABLE, Contract
from shared.inbox.contracts import ContractHandler
from shared.inbox.dead_letters import Rejected
from shared.inbox.received import Received


class CatalogueHandler(ContractHandler):
    """Keeps the read copy of the catalogue."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        await directory.store(connection, contracts)


class FeedbackHandler:
    """Counts citizens' input: events are decoded chunk by chunk and observed as one batch."""

    def __init__(self) -> None:
        self._decoders = {name: msgspec.json.Decoder(struct).decode for name, struct in feedback.TYPES.items()}

    def prepare(self, events: Sequence[Received]) -> tuple[list[Contract], list[Rejected]]:
        decoders = self._decoders
        try:
            return [decoders[event.type](event.data) for event in events], []
        except (KeyError, *UNREADABLE):
            return self._prepare_singly(events)

    def _prepare_singly(self, events: Sequence[Received]) -> tuple[list[Contract], list[Rejected]]:
        usable: list[Contract] = []
        rejected: list[Rejected] = []
        for event in events:
            try:
                usable.append(self._decoders[event.type](event.data))
            except KeyError:
                rejected.append(Rejected(event.record, f"unknown event type {event.type!r}"))
            except UNREADABLE as error:
                rejected.append(Rejected(event.record, str(error)))
        return usable, rejected

    async def apply(self, connection: asyncpg.Connection, prepared: Sequence[list[Contract]]) -> None:
        events = [event for chunk in prepared for event in chunk]
        if events:
            # Asked for after the position was moved: what is counted from some position on is in every batch beyond.
            await buckets.add(connection, observe(events, await buckets.kept(connection)))
