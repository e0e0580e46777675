"""The background process of feedback, composed in one place: `python -m services.feedback.worker`."""

from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.calls.closing import close_calls
from services.feedback.consultations.closing import close_ended
from services.feedback.consumes import CatalogueHandler, NewsHandler
from services.feedback.fetching.downloading import Downloads
from services.feedback.fetching.working import AT_ONCE, Fetcher
from services.feedback.idempotency.forgetting import forget_old_keys
from services.feedback.me.erasing import erase_what_is_asked
from services.feedback.media.handlers import Media
from services.feedback.media.storage import Storage
from services.feedback.media.sweeping import sweep_media
from services.feedback.moderation.watching import watch_what_is_new
from services.feedback.notices import smtp
from services.feedback.notices.mails import Writer
from services.feedback.notices.sending import Sender
from services.feedback.open311.filing import file_new_words
from services.feedback.receipts import Receipts
from services.feedback.settings import FeedbackSettings
from shared.contracts import catalog, feedback
from shared.database import engine
from shared.inbox.consumer import Consumer
from shared.kafka import new_producer
from shared.outbox.relay import Relay
from shared.worker import run_worker

CATALOGUE, FEEDBACK = "/civicloop/catalog", "/civicloop/feedback"


def fetcher(settings: FeedbackSettings, database: AsyncEngine) -> Fetcher:
    """What fetches pictures by their addresses."""
    media = Media(Storage(settings.media_url), settings.media_bytes, settings.media_seconds)
    bounds = (settings.media_bytes, settings.media_fetch_seconds, settings.media_fetch_networks, AT_ONCE)
    return Fetcher(database, media, Downloads(*bounds))


def main() -> None:
    """Works in the background of feedback until the process is told to stop: publishes, learns, cleans up."""
    settings = FeedbackSettings()
    database = engine(settings.database_url, pool_size=20)
    consuming = partial(
        Consumer,
        database,
        bootstrap=settings.kafka_bootstrap,
        instance=settings.instance,
        watchdog_seconds=settings.watchdog_seconds,
    )
    learning = consuming(CatalogueHandler(), topic=catalog.TOPIC, source=CATALOGUE, group="feedback-catalog", gaps=True)
    relay = Relay(
        database,
        partial(new_producer, settings.kafka_bootstrap),
        "feedback",
        lease_seconds=settings.relay_lease_seconds,
        retention_days=settings.outbox_retention_days,
    )

    async def ready() -> str | None:
        return None if learning.ready else f"no progress on {learning.topic}"

    tasks: list[Callable[[], Awaitable[None]]] = [
        relay.run,
        learning.run,
        partial(forget_old_keys, database),
        partial(file_new_words, database),
        partial(erase_what_is_asked, database),
        partial(close_calls, database),
        partial(close_ended, database),
        partial(watch_what_is_new, database),
        partial(sweep_media, database, Storage(settings.media_url)),
    ]
    if settings.media_fetch:
        tasks.append(fetcher(settings, database).run)
    if settings.smtp_url is not None:
        noting = consuming(NewsHandler(), topic=feedback.TOPIC, source=FEEDBACK, group="feedback-news")
        base = settings.public_url or f"http://127.0.0.1:{settings.port}"
        writer = Writer(Receipts(settings.secret_bytes), base, settings.mail_from)
        sender = Sender(database, smtp.server(settings.smtp_url.get_secret_value()), writer)
        tasks += [noting.run, sender.run]
    run_worker("feedback-worker", settings, tasks, ready)


if __name__ == "__main__":
    main()
