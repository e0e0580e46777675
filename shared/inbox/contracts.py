"""The handler of ordinary consumers: each event decoded as its contract says."""

from collections.abc import Mapping, Sequence

import asyncpg

from shared.contracts.base import UNREADABLE, Contract
from shared.contracts.registry import UnknownType, decode
from shared.inbox.dead_letters import Rejected
from shared.inbox.received import Received


class ContractHandler:
    """Decodes events by the registry and hands them, in order, to `apply_contracts`.

    `types` are the event types that belong on the topic; others are dead letters.
    """

    types: Mapping[str, type[Contract]] = {}

    def prepare(self, events: Sequence[Received]) -> tuple[list[Contract], list[Rejected]]:
        usable: list[Contract] = []
        rejected: list[Rejected] = []
        for event in events:
            try:
                usable.append(self._decode(event))
            except (UnknownType, *UNREADABLE) as error:
                rejected.append(Rejected(event.record, str(error)))
        return usable, rejected

    def _decode(self, event: Received) -> Contract:
        if event.type not in self.types:
            raise UnknownType(f"unknown event type {event.type!r}")
        return decode(event.type, event.data)

    async def apply(self, connection: asyncpg.Connection, prepared: Sequence[list[Contract]]) -> None:
        contracts = [contract for chunk in prepared for contract in chunk]
        if contracts:
            await self.apply_contracts(connection, contracts)

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        """What the service does with the events, inside the consumer's transaction."""
        raise NotImplementedError
