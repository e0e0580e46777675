"""Embedded parts for the length of a benchmark."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres


@contextmanager
def parts() -> Iterator[tuple[EmbeddedKafka, EmbeddedPostgres]]:
    """A broker and a server of their own, empty; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="civicloop-bench-") as folder:
        kafka, postgres = EmbeddedKafka(Path(folder) / "kafka"), EmbeddedPostgres(Path(folder) / "postgres")
        kafka.start()
        postgres.start()
        try:
            yield kafka, postgres
        finally:
            postgres.stop()
            kafka.stop()
