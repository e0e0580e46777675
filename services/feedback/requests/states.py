"""How far a request has come: finer than open and closed, in the words of FixMyStreet's extension of Open311."""

import re

OPEN, ACKNOWLEDGED = "open", "acknowledged"
PROGRESS = ("investigating", "in_progress", "action_scheduled", "internal_referral")
"""States of an open request that staff moves it to."""

RESOLUTIONS = {
    "fixed": "resolved", "closed": "resolved", "duplicate": "duplicate", "no_further_action": "declined",
    "not_councils_responsibility": "declined", "invalid": "invalid", "cancelled": "invalid",
}  # fmt: skip
"""The resolution that each state of a closed request belongs to."""

CLOSED_AS = {"resolved": "fixed", "duplicate": "duplicate", "declined": "no_further_action", "invalid": "invalid"}
"""The state of a request that was closed with this resolution and no more was said."""

STATES = (OPEN, ACKNOWLEDGED, *PROGRESS, *RESOLUTIONS)


def spelt(text: str) -> str:
    """A state as it is written here, in whatever case it came, with spaces or hyphens for underscores."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())
