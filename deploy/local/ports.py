"""Ports on loopback."""

import random
import socket

# Below the range from which Linux gives ports to outgoing connections (32768 and up): a client that keeps
# trying a port in that range while its server is down may connect to itself, and keep the server out.
FREE_RANGE = range(20_000, 32_000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def reachable(host: str) -> str:
    """An address for a server that listens on `host`, which may mean all of the machine's."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def free_block(count: int) -> int:
    """The first of `count` neighbouring ports that nobody listens on."""
    for _ in range(1000):
        first = random.randrange(FREE_RANGE.start, FREE_RANGE.stop - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise OSError(f"no {count} neighbouring free ports between {FREE_RANGE.start} and {FREE_RANGE.stop}")
