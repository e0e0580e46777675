"""Ctrl-C, SIGTERM and a closed terminal as an exception on the main thread."""

import signal
from types import FrameType

STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The process was told to stop. Not an Exception: nothing on the way should take it for a failure."""


def raise_on_stop() -> None:
    """From now on the first signal to stop raises Stopped; those after it do not disturb the orderly end."""
    for number in STOP:
        signal.signal(number, _stop)


def ignore_stop() -> None:
    for number in STOP:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    ignore_stop()
    raise Stopped
