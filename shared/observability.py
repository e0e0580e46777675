"""What an operator sees of a process: structured logs, Prometheus metrics, and whether it lives and works."""

import logging
import sys
from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.problems import Problem

Readiness = Callable[[], Awaitable[str | None]]
"""Says why the process cannot do its work now, or None if it can."""


def configure_logs(process: str, level: str) -> None:
    """One JSON object a line on standard output, from this code and from libraries alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.dict_tracebacks,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)


def operations_router(ready: Readiness) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`, the same in every process."""
    router = APIRouter(tags=["operations"])

    @router.get("/health/live", summary="Whether the process answers at all")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready", summary="Whether the process can do its work")
    async def is_ready() -> dict[str, str]:
        reason = await ready()
        if reason:
            raise Problem(503, "not-ready", "This process cannot do its work now", reason)
        return {"status": "ready"}

    @router.get("/metrics", summary="Figures in Prometheus' text format", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
