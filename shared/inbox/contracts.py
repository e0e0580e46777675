"""The handler of ordinary consumers: each event decoded as its contract says."""

from collections.abc import Mapping, Sequence

import asyncpg

from shared.contracts.base import UNREADABLE, Contract
from shared.contracts.registry import UnknownType, decode
from shared.inbox.batch import Encoded, Refusals


class ContractHandler:
    """Decodes events by the registry and hands them, in order, to `apply_contracts`.

    `types` are the event types that belong on the topic; others are dead letters.
    """

    types: Mapping[str, type[Contract]] = {}

    def prepare(self, events: Sequence[Encoded]) -> tuple[list[Contract], Refusals]:
        usable: list[Contract] = []
        refused: Refusals = {}
        for number, (type_, data) in enumerate(events):
            try:
                usable.append(self._decode(type_, data))
            except (UnknownType, *UNREADABLE) as error:
                refused[number] = str(error)
        return usable, refused

    def _decode(self, type_: str, data: bytes) -> Contract:
        if type_ not in self.types:
            raise UnknownType(f"unknown event type {type_!r}")
        return decode(type_, data)

    def join(self, prepared: Sequence[list[Contract]]) -> list[Contract]:
        return [contract for each in prepared for contract in each]

    async def apply(self, connection: asyncpg.Connection, prepared: list[Contract]) -> None:
        if prepared:
            await self.apply_contracts(connection, prepared)

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        """What the service does with the events, inside the consumer's transaction."""
        raise NotImplementedError
