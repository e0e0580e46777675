"""The HTTP process of metrics, composed in one place: `uvicorn --factory services.metrics.app:create_app`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from services.metrics.alerts.routes import router as alerts
from services.metrics.apart.process import Apart
from services.metrics.badges.routes import router as badges
from services.metrics.behind.reading import EventsBehind
from services.metrics.behind.routes import router as behind
from services.metrics.cityscore.routes import router as cityscore
from services.metrics.comparisons.routes import router as comparisons
from services.metrics.effects.routes import router as effects
from services.metrics.enablers.routes import router as enablers
from services.metrics.exports.routes import router as exports
from services.metrics.exports.scrapes import Scrapes
from services.metrics.factors.routes import router as factors
from services.metrics.objectives.routes import router as objectives
from services.metrics.rebuilding.routes import router as rebuilds
from services.metrics.reports.remembered import Reports
from services.metrics.reports.routes import router as reports
from services.metrics.scorecards.cards import Cards
from services.metrics.scorecards.routes import router as scorecards
from services.metrics.scorecards.trials import Trials
from services.metrics.sensitivity.remembered import Sensitivities
from services.metrics.sensitivity.routes import router as sensitivity
from services.metrics.settings import MetricsSettings
from services.metrics.stream.feed import Feed
from services.metrics.stream.routes import router as stream
from services.metrics.subjects.board import Board
from services.metrics.subjects.published import Published
from services.metrics.subjects.rankings import router as rankings
from services.metrics.subjects.routes import router as subjects
from services.metrics.what_if.routes import router as what_if
from shared.auth import Keyring
from shared.database import engine
from shared.http import build_app, database_ready, spare_collections
from shared.observability import configure_logs

SWITCH_SECONDS = 0.001
"""For how long a thread that computes may keep those waiting who need no computing; 5 ms if it is not set."""

QUESTIONS = [behind, comparisons, effects, factors]
"""What can be asked of scores beyond the scores themselves."""
ELSEWHERE = [badges, exports, reports]
"""Figures for other pages and programs."""


def create_app(settings: MetricsSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless they are given."""
    settings = settings or MetricsSettings()
    database = engine(settings.database_url)
    feed = Feed(database)
    statistics, drawing = Apart(), Apart()
    published = Published(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logs("metrics-api", settings.log_level)
        spare_collections()
        sys.setswitchinterval(SWITCH_SECONDS)
        reading = asyncio.create_task(feed.run())
        yield
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        statistics.close()
        drawing.close()
        await published.close()
        await database.dispose()

    app = build_app(
        "Civicloop metrics",
        "What citizens' input says about services: scores that can be questioned",
        lifespan=lifespan,
        routers=[
            subjects,
            objectives,
            enablers,
            cityscore,
            rankings,
            scorecards,
            what_if,
            sensitivity,
            *QUESTIONS,
            *ELSEWHERE,
            alerts,
            rebuilds,
            stream,
        ],
        ready=database_ready(database),
    )
    app.state.engine = database
    app.state.keyring = Keyring(database)
    app.state.feed = feed
    app.state.cards = Cards(database)
    app.state.trials = Trials(database)
    app.state.sensitivities = Sensitivities()
    app.state.board = Board(database)
    app.state.published = published
    app.state.statistics = statistics
    app.state.drawing = drawing
    app.state.behind = EventsBehind(database, settings.kafka_bootstrap)
    app.state.scrapes = Scrapes(app.state.board, published)
    app.state.reports = Reports()
    return app
