"""A load generator in a process of its own: POSTs one body over kept-alive connections and counts the answers.

Run as `python -m tests.benchmarks.load PORT PATH CONNECTIONS REQUESTS EXPECTED_STATUS`, the body on standard input.
It prints one line of JSON: `{"seconds", "rate", "p50", "p99", "unexpected"}`, latencies in milliseconds. Each
connection has one request under way, so that the rate is what the server gives, not what it is offered.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop


@dataclass
class Tally:
    """What all connections share: how many requests are still to send, and what came back."""

    request: bytes
    expected: bytes
    to_send: int
    to_come: int
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    latencies: list[float] = field(default_factory=list)
    unexpected: int = 0
    sample: bytes = b""


class Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered in full."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.answer = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        if self.tally.to_send > 0:
            self.tally.to_send -= 1
            self.sent_at = time.perf_counter()
            self.transport.write(self.tally.request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head_end = self.answer.find(b"\r\n\r\n")
        if head_end < 0 or len(self.answer) < head_end + 4 + _length(self.answer[:head_end]):
            return
        self._count()
        self._send()

    def _count(self) -> None:
        tally = self.tally
        tally.latencies.append(time.perf_counter() - self.sent_at)
        if not self.answer.startswith(tally.expected):
            tally.unexpected += 1
            tally.sample = self.answer
        self.answer = b""
        tally.to_come -= 1
        if tally.to_come == 0:
            tally.finished.set()

    def connection_lost(self, error: Exception | None) -> None:
        if self.tally.to_come:
            self.tally.unexpected += 1
            self.tally.sample = f"connection lost: {error!r}".encode()
            self.tally.finished.set()


def _length(head: bytes) -> int:
    start = head.index(b"content-length: ") + 16
    end = head.find(b"\r\n", start)
    return int(head[start:] if end < 0 else head[start:end])


def http_post(path: str, body: bytes) -> bytes:
    """The bytes of a request."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def generate(
    port: int, path: str, connections: int, requests: int, expected: int, body: bytes
) -> dict[str, float]:
    """Sends `requests` requests and returns the figures; stops at the first lost connection."""
    tally = Tally(http_post(path, body), b"HTTP/1.1 %d " % expected, requests, requests)
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(tally), "127.0.0.1", port)
    await tally.finished.wait()
    seconds = time.perf_counter() - started
    if tally.unexpected:
        print(tally.sample.decode(errors="replace"), file=sys.stderr)
    ordered = sorted(tally.latencies)
    return {
        "seconds": seconds,
        "rate": len(ordered) / seconds,
        "p50": 1_000 * ordered[len(ordered) // 2],
        "p99": 1_000 * ordered[len(ordered) * 99 // 100],
        "unexpected": tally.unexpected,
    }


def main() -> None:
    port, path, connections, requests, expected = sys.argv[1:]
    body = sys.stdin.buffer.read()
    figures = uvloop.run(generate(int(port), path, int(connections), int(requests), int(expected), body))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
