"""Real parts for the tests: one Kafka broker and one PostgreSQL server for the whole run."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from deploy.local import ports
from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres
from tests.databases import Databases
from tests.support import StackUnderTest

# Runs side by side, each with parts of its own, take ports from shares of their own.
_runs = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_share = len(ports.FREE_RANGE) // _runs
_first = ports.FREE_RANGE.start + _share * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
ports.FREE_RANGE = range(_first, _first + _share)

collect_ignore = ["benchmarks"]
"""They measure; `make bench` runs them."""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A running broker without topics; `kafka.bootstrap` is its address."""
    broker = EmbeddedKafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fresh_database(postgres: EmbeddedPostgres) -> Callable[[str], str]:
    """Makes a new, empty database and gives its URL: `fresh_database("feedback")`."""
    numbers = itertools.count(1)
    return lambda name: postgres.create_database(f"{name}_{next(numbers)}")


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres) -> Databases:
    """Makes databases in a service's newest shape: `databases.migrated("feedback")`."""
    return Databases(postgres)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """The whole platform, ready, without a city. Tests that kill its parts wait until it is ready again.

    It goes with its module: even at rest it takes a good part of a core from the tests of others.
    """
    whole = StackUnderTest(tmp_path_factory.mktemp("stack"))
    whole.up()
    yield whole
    whole.down()
