"""Quix Streams: counts and sums of feedback events by service, kind and day, and by service, district, kind and month.

The topic is keyed by service, and so is the state. Arguments: bootstrap servers, group, state folder, seconds between
commits, member.
"""

import sys
from datetime import datetime
from typing import Any

from quixstreams import Application, State

TOPIC = "civicloop.feedback.v1"
KINDS = {b"feedback.rating.given.v1": "rated", b"feedback.request.opened.v1": "opened"}


def seconds(event: dict[str, Any]) -> int:
    opened, closed = (datetime.fromisoformat(event[name]) for name in ("opened_at", "closed_at"))
    return int((closed - opened).total_seconds())


def count(event: dict[str, Any], key: bytes, timestamp: int, headers: Any, state: State) -> None:
    kind = KINDS.get(next(value for name, value in headers if name == "ce_type"), "closed")
    if kind == "rated":
        moment, amount = event["given_at"], event["value"]
    elif kind == "opened":
        moment, amount = event["opened_at"], 0
    else:
        moment, amount = event["closed_at"], seconds(event)
    for name in (f"{kind}|{moment[:10]}", f"{event['district_id']}|{kind}|{moment[:7]}"):
        counted, total = state.get(name, (0, 0))
        state.set(name, (counted + 1, total + amount))


def main(bootstrap: str, group: str, folder: str, commit_seconds: str, member: str) -> None:
    app = Application(
        broker_address=bootstrap,
        consumer_group=group,
        state_dir=folder,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=float(commit_seconds),
        consumer_poll_timeout=0.1,
        consumer_extra_config={"group.instance.id": member, "session.timeout.ms": 6_000},
        producer_extra_config={"linger.ms": 50},
        loglevel="WARNING",
    )
    rows = app.dataframe(app.topic(TOPIC, value_deserializer="json"))
    rows.apply(count, stateful=True, metadata=True)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
