"""The background process of the catalogue, composed in one place: `python -m services.catalog.worker`."""

from functools import partial

from services.catalog.clock import run_clock
from services.catalog.settings import CatalogSettings
from shared.database import engine
from shared.http import database_ready
from shared.kafka import new_producer
from shared.outbox.relay import Relay
from shared.worker import run_worker


def main() -> None:
    """Relays events to Kafka, and does what is due, until the process is told to stop."""
    settings = CatalogSettings()
    database = engine(settings.database_url)
    relay = Relay(
        database,
        partial(new_producer, settings.kafka_bootstrap),
        "catalog",
        lease_seconds=settings.relay_lease_seconds,
        retention_days=settings.outbox_retention_days,
    )
    run_worker("catalog-worker", settings, [relay.run, partial(run_clock, database)], database_ready(database))


if __name__ == "__main__":
    main()
