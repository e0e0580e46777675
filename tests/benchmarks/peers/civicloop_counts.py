"""Civicloop's own counting, as the worker of metrics does it.

Arguments: bootstrap servers, the database's address, member.
"""

import gc
import sys

import uvloop

from services.metrics.consumes import FeedbackHandler
from shared.contracts import feedback
from shared.database import engine
from shared.inbox.consumer import Consumer


def main(bootstrap: str, database: str, member: str) -> None:
    gc.set_threshold(50_000, 20, 50)  # as shared/worker.py has it
    consumer = Consumer(
        engine(database),
        FeedbackHandler(),
        bootstrap=bootstrap,
        topic=feedback.TOPIC,
        source="/civicloop/feedback",
        group="metrics-feedback",
        instance=member,
    )
    uvloop.run(consumer.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
