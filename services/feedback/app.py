"""The HTTP process of feedback, composed in one place: `uvicorn --factory services.feedback.app:create_app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from services.feedback import refusals
from services.feedback.batch.routes import router as batch
from services.feedback.budgets.apart import Counting
from services.feedback.budgets.routes import router as budgets
from services.feedback.calls.routes import router as calls
from services.feedback.consultations.routes import router as consultations
from services.feedback.contributions.routes import router as contributions
from services.feedback.directory.areas import Areas
from services.feedback.directory.lookup import Directory
from services.feedback.directory.routes import router as directory
from services.feedback.feeds.routes import router as feeds
from services.feedback.imports.routes import router as imports
from services.feedback.invitations.routes import router as invitations
from services.feedback.limits.gate import Gate
from services.feedback.limits.limiter import Limiter
from services.feedback.me.routes import router as me
from services.feedback.media.domain import MOST
from services.feedback.media.handlers import Media
from services.feedback.media.routes import router as media
from services.feedback.media.storage import Storage
from services.feedback.moderation.routes import router as moderation
from services.feedback.notes.routes import router as notes
from services.feedback.notices.routes import router as notices
from services.feedback.open311.errors import refused
from services.feedback.open311.front import Front
from services.feedback.open311.routes import router as open311
from services.feedback.open_data.routes import router as open_data
from services.feedback.parts import Parts
from services.feedback.people.door import Door
from services.feedback.people.oidc import Providers
from services.feedback.proposals.routers import ROUTERS as proposals
from services.feedback.proposals.rules.domain import Rule
from services.feedback.queue.routes import router as queue
from services.feedback.ratings.handlers import give
from services.feedback.ratings.routes import router as ratings
from services.feedback.receipts import Receipts
from services.feedback.requests.handlers import make
from services.feedback.requests.routes import router as requests
from services.feedback.settings import FeedbackSettings
from services.feedback.templates.routes import router as templates
from services.feedback.writes import Coalescer
from shared.auth import Keyring
from shared.database import engine
from shared.http import BODY_LIMIT, build_app, database_ready, spare_collections
from shared.observability import configure_logs

WITH_FILES = ("/v1/media", "/open311/v2/requests.", "/open311/v2/servicerequestupdates.")
"""Where pictures come in."""
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
TOLD_TO_BROWSERS = ("ETag", "Link", "Location", "RateLimit", "Receipt-Token", "Retry-After")
"""Headers of answers that scripts of other origins may read."""


def create_app(settings: FeedbackSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless they are given."""
    settings = settings or FeedbackSettings()
    database = engine(settings.database_url)
    receipts = Receipts(settings.secret_bytes)
    providers = Providers(settings.oidc)
    keyring = Keyring(database)
    limiter = Limiter(settings.limits, keyring)
    here = Parts(
        database,
        Directory(database),
        receipts,
        Coalescer(database, give),
        Coalescer(database, make),
        Areas(database),
        Media(Storage(settings.media_url), settings.media_bytes, settings.media_seconds),
        Counting(database),
        reopen_within=timedelta(days=settings.reopen_days),
        peers_needed=settings.peers_needed,
        proposal_rule=Rule(settings.proposal_supports, settings.proposal_days),
        votes_need_account=settings.votes_need_account,
        sends_mail=settings.smtp_url is not None,
        shows_addresses=settings.media_show_addresses or not settings.media_fetch,
        public_url=settings.public_url,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logs("feedback-api", settings.log_level)
        spare_collections()
        writers = [asyncio.create_task(queue.run()) for queue in (here.ratings, here.requests)]
        yield
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        await providers.close()
        await database.dispose()

    app = build_app(
        "Civicloop feedback",
        "What citizens give, and the answers they get",
        lifespan=lifespan,
        routers=[  # tried in order: the busiest first
            ratings,
            open_data,
            requests,
            open311,
            feeds,
            media,
            me,
            batch,
            invitations,
            contributions,
            calls,
            directory,
            imports,
            notes,
            moderation,
            queue,
            templates,
            notices,
            *proposals,
            consultations,
            budgets,
        ],
        ready=database_ready(database),
        streaming=["/v1/imports"],
        with_files=dict.fromkeys(WITH_FILES, MOST * settings.media_bytes + BODY_LIMIT),
    )
    app.add_middleware(Door, engine=database, receipts=receipts, providers=providers, limiter=limiter)
    app.add_middleware(Gate, limiter=limiter, refuse=refused)
    app.add_middleware(Front)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=METHODS,
        allow_headers=["*"],
        expose_headers=TOLD_TO_BROWSERS,
        max_age=86_400,
    )
    refusals.install(app)
    app.state.engine = database
    app.state.keyring = keyring
    app.state.limiter = limiter
    app.state.receipts = receipts
    app.state.parts = here
    return app
