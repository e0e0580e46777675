"""The known giver on whose behalf this task works, for whoever writes: set once at the door, read where it commits.

Not an argument, so that no kind of input can forget to hand it on.
"""

from contextvars import ContextVar

mark: ContextVar[str | None] = ContextVar("mark", default=None)
"""The mark of `Identity`; None for staff, and for a contributor who is new."""
