"""Which process is meant: a number alone may have been given to another one since."""

from pathlib import Path

import psutil

PROC = Path("/proc")
BOOT = PROC / "sys/kernel/random/boot_id"
START_FIELD = 19
"""Of those after the command's closing bracket, see proc(5)."""


def identity(pid: int) -> str | None:
    """What stays the same as long as the process lives, and is no other's; None if there is none.

    On Linux the start is counted from the boot, since the time of day may be set meanwhile.
    """
    if not BOOT.exists():
        return _by_time_of_day(pid)
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return f"{BOOT.read_text().strip()}/{fields[START_FIELD]}"


def lives(pid: int, known: str | None) -> bool:
    """True if the process with that identity runs; False if it only waits for its parent to collect it."""
    try:
        return identity(pid) == known is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _by_time_of_day(pid: int) -> str | None:
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None
