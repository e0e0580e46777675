"""The HTTP process of the catalogue, composed in one place: `uvicorn --factory services.catalog.app:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.catalog.districts.routes import router as districts
from services.catalog.jurisdictions.routes import router as jurisdictions
from services.catalog.organisations.routes import router as organisations
from services.catalog.services.routes import router as services
from services.catalog.settings import CatalogSettings
from shared.auth import Keyring
from shared.database import engine
from shared.http import build_app, database_ready
from shared.observability import configure_logs


def create_app(settings: CatalogSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless they are given."""
    settings = settings or CatalogSettings()
    database = engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logs("catalog-api", settings.log_level)
        yield
        await database.dispose()

    app = build_app(
        "Civicloop catalog",
        "What a city offers and who stands behind it",
        lifespan=lifespan,
        routers=[jurisdictions, districts, organisations, services],
        ready=database_ready(database),
    )
    app.state.engine = database
    app.state.keyring = Keyring(database)
    return app
