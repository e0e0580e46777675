"""The background process of feedback, composed in one place: `python -m services.feedback.worker`."""

from functools import partial

from services.feedback.calls.closing import close_calls
from services.feedback.consultations.closing import close_ended
from services.feedback.consumes import CatalogueHandler
from services.feedback.idempotency.forgetting import forget_old_keys
from services.feedback.me.erasing import erase_what_is_asked
from services.feedback.moderation.watching import watch_what_is_new
from services.feedback.settings import FeedbackSettings
from shared.contracts import catalog
from shared.database import engine
from shared.inbox.consumer import Consumer
from shared.kafka import new_producer
from shared.outbox.relay import Relay
from shared.worker import run_worker

CATALOGUE = "/civicloop/catalog"


def main() -> None:
    """Relays feedback's events to Kafka and keeps the copy of the catalogue, until the process is told to stop."""
    settings = FeedbackSettings()
    database = engine(settings.database_url, pool_size=20)
    learning = Consumer(
        database,
        CatalogueHandler(),
        bootstrap=settings.kafka_bootstrap,
        topic=catalog.TOPIC,
        source=CATALOGUE,
        group="feedback-catalog",
        instance=settings.instance,
        gaps=True,
        watchdog_seconds=settings.watchdog_seconds,
    )
    relay = Relay(
        database,
        partial(new_producer, settings.kafka_bootstrap),
        "feedback",
        lease_seconds=settings.relay_lease_seconds,
        retention_days=settings.outbox_retention_days,
    )

    async def ready() -> str | None:
        return None if learning.ready else f"no progress on {learning.topic}"

    async def forgetting() -> None:
        await forget_old_keys(database)

    async def erasing() -> None:
        await erase_what_is_asked(database)

    async def closing() -> None:
        await close_calls(database)

    async def counting() -> None:
        await close_ended(database)

    async def watching() -> None:
        await watch_what_is_new(database)

    loops = [relay.run, learning.run, forgetting, erasing, closing, counting, watching]
    run_worker("feedback-worker", settings, loops, ready)


if __name__ == "__main__":
    main()
