"""What feedback does with events: it keeps a read copy of the catalogue, and tells followers of its own."""

from collections.abc import Sequence

import asyncpg

from services.feedback.directory import store as directory
from services.feedback.notices import noting
from shared.contracts import catalog, feedback
from shared.contracts.base import Contract
from shared.inbox.contracts import ContractHandler


class CatalogueHandler(ContractHandler):
    """Keeps the services, districts and jurisdictions that input can name."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        await directory.store(connection, contracts)


class NewsHandler(ContractHandler):
    """Each event is noted once, in the transaction that moves the consumer's position."""

    types = feedback.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        await noting.note(connection, contracts)
