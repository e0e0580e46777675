"""How this platform's producers and consumers are set up; the same for every service."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

BATCH_BYTES = 900_000
"""Below the broker's default limit of one megabyte for a batch."""


def new_producer(bootstrap: str) -> AIOKafkaProducer:
    """An idempotent producer that waits for every replica in sync. Not yet started."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=20_000,
    )


def new_consumer(bootstrap: str, group: str, instance: str | None = None) -> AIOKafkaConsumer:
    """A consumer whose offsets are kept by its owner, not by Kafka. Not yet started or subscribed.

    One that comes again under the same `instance` takes its partitions back at once; otherwise a killed member's are
    free only when its session has expired.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        group_instance_id=instance,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=1024 * 1024,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        max_poll_interval_ms=120_000,
    )
