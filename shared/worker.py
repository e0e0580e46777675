"""How a background process runs: its tasks together, a small HTTP server for operators, and an orderly end."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from shared import problems
from shared.observability import Readiness, configure_logs, operations_router
from shared.settings import ServiceSettings

log = structlog.get_logger()

Task = Callable[[], Awaitable[None]]


class _OperationsServer(uvicorn.Server):
    """Leaves signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def operations_server(host: str, port: int, ready: Readiness) -> uvicorn.Server:
    """The server of `/health/*` and `/metrics` of a worker."""
    app = FastAPI(title="Worker", docs_url=None, openapi_url=None)
    problems.install(app)
    app.include_router(operations_router(ready))
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
    return _OperationsServer(config)


async def _run(settings: ServiceSettings, tasks: Sequence[Task], ready: Readiness) -> None:
    server = operations_server(settings.host, settings.worker_port, ready)
    running = [asyncio.ensure_future(task()) for task in (*tasks, server.serve)]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    ended = [task for task in running if task.done()]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in ended:
        task.result()


def run_worker(process: str, settings: ServiceSettings, tasks: Sequence[Task], ready: Readiness) -> None:
    """Runs tasks until SIGTERM or SIGINT, or until one ends: then the process ends with its exception."""
    configure_logs(process, settings.log_level)
    gc.set_threshold(50_000, 20, 50)  # batches hold many objects that live as long as the batch
    uvloop.run(_run(settings, tasks, ready))
    log.info("stopped")
