"""The HTTP process of the catalogue, composed in one place: `uvicorn --factory services.catalog.app:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.catalog.entities.refusals import answer_refusals
from services.catalog.entities.routes import entity_routes
from services.catalog.exchange.linked_data import router as linked_data
from services.catalog.exchange.routes import router as exchange
from services.catalog.kinds import KINDS
from services.catalog.lifecycle.routes import router as lifecycle
from services.catalog.network.cache import FiguresCache
from services.catalog.network.routes import router as network
from services.catalog.search.routes import router as search
from services.catalog.settings import CatalogSettings
from shared.auth import Keyring
from shared.database import engine
from shared.http import build_app, database_ready, spare_collections
from shared.observability import configure_logs


def create_app(settings: CatalogSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless they are given."""
    settings = settings or CatalogSettings()
    database = engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logs("catalog-api", settings.log_level)
        spare_collections()
        yield
        await database.dispose()

    app = build_app(
        "Civicloop catalog",
        "What a city offers, who stands behind it, and where it is going",
        lifespan=lifespan,
        routers=[search, lifecycle, network, exchange, linked_data, *(entity_routes(kind) for kind in KINDS.values())],
        ready=database_ready(database),
        streaming=("/v1/import/",),
    )
    answer_refusals(app)
    app.state.engine = database
    app.state.kinds = KINDS
    app.state.figures = FiguresCache()
    app.state.keyring = Keyring(database)
    return app
