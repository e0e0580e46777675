"""What every contract struct has in common."""

import re
from datetime import datetime
from typing import Annotated

import msgspec

ID_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""Ids of catalogue entities: lower case, readable, safe in an address and as a Kafka key."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment, written with its offset as RFC 3339 wants it."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading JSON may raise: not JSON, not as its contract says, not UTF-8, or nested too deep."""

is_entity_id = re.compile(ID_PATTERN).match


class Contract(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The data of one event. Times are aware datetimes in UTC; durations whole seconds; money minor units."""
