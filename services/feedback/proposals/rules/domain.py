"""A rule for proposals, and which one holds."""

from typing import NamedTuple


class Rule(NamedTuple):
    """So many supports and a proposal is owed a decision, within so many days. 0 supports: at once."""

    supports_needed: int
    days_to_decide: int


DEFAULT = Rule(supports_needed=25, days_to_decide=60)
"""Where nothing else is set."""
