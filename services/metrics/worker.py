"""The background process of metrics, composed in one place: `python -m services.metrics.worker`."""

from functools import partial

from services.metrics.alerts.watcher import Watcher
from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.channels.counter import ChannelCounter
from services.metrics.consumes import CatalogueHandler, FeedbackHandler
from services.metrics.rebuilding.builder import Builder
from services.metrics.rebuilding.counting import Task
from services.metrics.scores.scorer import Scorer
from services.metrics.settings import MetricsSettings
from shared.contracts import catalog, feedback
from shared.database import engine
from shared.inbox.consumer import Consumer
from shared.kafka import new_producer
from shared.outbox.relay import Relay
from shared.worker import run_worker

FEEDBACK = "/civicloop/feedback"
CATALOGUE = "/civicloop/catalog"


def main() -> None:
    """Counts input, keeps scores current and publishes them, until the process is told to stop."""
    settings = MetricsSettings()
    database = engine(settings.database_url, pool_size=20)
    consuming = partial(
        Consumer,
        database,
        bootstrap=settings.kafka_bootstrap,
        instance=settings.instance,
        watchdog_seconds=settings.watchdog_seconds,
    )
    counting = consuming(FeedbackHandler(), topic=feedback.TOPIC, source=FEEDBACK, group="metrics-feedback")
    learning = consuming(CatalogueHandler(), topic=catalog.TOPIC, source=CATALOGUE, group="metrics-catalog", gaps=True)
    relay = Relay(
        database,
        partial(new_producer, settings.kafka_bootstrap),
        "metrics",
        lease_seconds=settings.relay_lease_seconds,
        retention_days=settings.outbox_retention_days,
    )

    async def ready() -> str | None:
        waiting = [consumer.topic for consumer in (counting, learning) if not consumer.ready]
        return f"no progress on {', '.join(waiting)}" if waiting else None

    task = Task(settings.database_url, settings.kafka_bootstrap, feedback.TOPIC, FEEDBACK)
    rebuilder = SketchRebuilder(database, settings.kafka_bootstrap, feedback.TOPIC, FEEDBACK)
    scoring, watching, building = Scorer(database), Watcher(database), Builder(database, task)
    by_channel = ChannelCounter(database, settings.kafka_bootstrap, feedback.TOPIC, FEEDBACK)
    at_leisure = [rebuilder.run, building.run, by_channel.run]
    tasks = [counting.run, learning.run, scoring.run, watching.run, *at_leisure, relay.run]
    run_worker("metrics-worker", settings, tasks, ready)


if __name__ == "__main__":
    main()
