"""Points at which a fault test can end this process as `kill -9` would, to prove that nothing is lost there.

`CIVICLOOP_FAILPOINTS="relay.after_send=3"` kills the process at the third pass of that point. Unset, a pass costs
a look-up in an empty dictionary.
"""

import os
import signal


def _configured() -> dict[str, int]:
    entries = os.environ.get("CIVICLOOP_FAILPOINTS", "").split(",")
    return {name: int(count) for name, _, count in (entry.partition("=") for entry in entries if entry)}


_remaining = _configured()


def hit(name: str) -> None:
    """Passes the point `name`; does not return from the pass that was configured."""
    if name not in _remaining:
        return
    _remaining[name] -= 1
    if _remaining[name] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
