"""Who does what, and what comes first. A priority orders the work; what citizens were told stays due when it was."""

from typing import Literal

Priority = Literal["urgent", "high", "normal", "low"]
RANKS: dict[str, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
"""What is stored, since it sorts."""

PRIORITIES: dict[int, Priority] = {1: "urgent", 2: "high", 3: "normal", 4: "low"}


class UnknownOrganisation(LookupError):
    """There is no such organisation in the jurisdiction, or its copy has not arrived yet."""
