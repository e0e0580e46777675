"""Why a part of the stack did not start, and what to do about it."""


class PartError(Exception):
    """A part that cannot start or go on: which one, the reason, and what its user can do."""

    def __init__(self, part: str, reason: str, remedy: str) -> None:
        super().__init__(f"{part}: {reason}\n{remedy}")
        self.part = part
        self.reason = reason
        self.remedy = remedy
