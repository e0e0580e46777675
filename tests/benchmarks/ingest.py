"""`POST /v1/ratings`, durable, against the same route that does nothing and one that commits for each request.

`python -m tests.benchmarks.ingest [requests] [rounds] [connections]`: one process of the API on an embedded
PostgreSQL, the load from another process, all on loopback. The three take turns, so that whatever else the machine
does in the meantime hits all of them; the median round counts.
"""

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import ports
from deploy.local.postgres import EmbeddedPostgres
from shared.database import engine, transaction
from shared.migrate import upgrade
from tests.benchmarks.figures import Figure, show

DURABLE, NOTHING, ONE_TRANSACTION = "/v1/ratings", "/reference/nothing", "/reference/one-transaction"
WARM_UP = 1_000
BODY = {"service_id": "boston.dead-animal-pickup", "value": 4, "district_id": "boston.dorchester", "comment": "Quick!"}
CATALOGUE = (
    "INSERT INTO jurisdiction VALUES ('boston', 'Boston', 'America/New_York', 1, now())",
    "INSERT INTO district VALUES ('boston.dorchester', 'boston', 'Dorchester', 1, now())",
    "INSERT INTO service (id, jurisdiction_id, name, status, version, changed_at, description)"
    " VALUES ('boston.dead-animal-pickup', 'boston', 'Dead animal pick-up', 'active', 1, now(), '')",
)


async def fill_catalogue(url: str) -> None:
    database = engine(url, pool_size=1)
    async with transaction(database) as connection:
        for statement in CATALOGUE:
            await connection.execute(statement)
    await database.dispose()


@contextmanager
def api(url: str, port: int) -> Iterator[None]:
    """The API process, started as it is in service."""
    environment = {
        **os.environ,
        "CIVICLOOP_FEEDBACK_DATABASE_URL": url,
        "CIVICLOOP_FEEDBACK_SECRET": secrets.token_hex(32),
        "CIVICLOOP_LOG_LEVEL": "warning",
    }
    line = [sys.executable, "-m", "uvicorn", "--factory", "tests.benchmarks.ingest_app:create_app"]
    line += ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    server = subprocess.Popen(line, env=environment)
    try:
        while not ports.accepts(port):
            if server.poll() is not None:
                raise SystemExit("the API process did not start")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


def load(port: int, path: str, requests: int, connections: int) -> dict[str, float]:
    """Figures of one round; see load.py."""
    line = [sys.executable, "-m", "tests.benchmarks.load", str(port), path, str(connections), str(requests), "201"]
    done = subprocess.run(line, input=json.dumps(BODY).encode(), stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    if figures["unexpected"]:
        raise SystemExit(f"{path}: {figures['unexpected']} answers were not 201")
    return figures


def measure(port: int, requests: int, rounds: int, connections: int) -> dict[str, dict[str, float]]:
    """The median of each figure by route."""
    paths = (NOTHING, DURABLE, ONE_TRANSACTION)
    found: dict[str, list[dict[str, float]]] = {path: [] for path in paths}
    for path in paths:
        load(port, path, WARM_UP, connections)
    for _ in range(rounds):
        for path in paths:
            found[path].append(load(port, path, requests, connections))
    return {path: {name: statistics.median(r[name] for r in found[path]) for name in found[path][0]} for path in paths}


def figures(found: dict[str, dict[str, float]]) -> list[Figure]:
    durable = found[DURABLE]["rate"]
    return [
        Figure("POST /v1/ratings, durable", durable, "the route that does nothing", found[NOTHING]["rate"], 0.5),
        Figure("the same", durable, "a SQLAlchemy transaction per request", found[ONE_TRANSACTION]["rate"], 2.0),
    ]


def run(requests: int = 20_000, rounds: int = 3, connections: int = 32) -> list[Figure]:
    """On an embedded server of its own."""
    with tempfile.TemporaryDirectory(prefix="civicloop-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            url = server.create_database("feedback")
            upgrade("feedback", url)
            asyncio.run(fill_catalogue(url))
            port = ports.free_block(1)
            with api(url, port):
                return figures(measure(port, requests, rounds, connections))
        finally:
            server.stop()


if __name__ == "__main__":
    show(run(*map(int, sys.argv[1:])))
