"""What feedback does with the events it receives: it keeps a read copy of the catalogue."""

from collections.abc import Sequence

import asyncpg

from services.feedback.directory import store as directory
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.inbox.contracts import ContractHandler


class CatalogueHandler(ContractHandler):
    """Keeps the services, districts and jurisdictions that input can name."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        await directory.store(connection, contracts)
