"""A server of pictures on this machine, which behaves as its paths say, also badly."""

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.feedback.pictures import camera_photo, photo


class PictureServer:
    """Knows what it was asked for, by path; `faults` is how often `/flaky` fails before it answers."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.headers = b""
        self.most_at_once = 0
        self.faults = 0
        self.go_on = asyncio.Event()
        self._at_once = 0
        self.port = 0

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            self.headers = await reader.readuntil(b"\r\n\r\n")
            path = self.headers.split()[1].decode().strip("/")
            self.asked[path] += 1
            await self._answer(path, writer)
            await writer.drain()
        self._at_once -= 1
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        match path.split("/"):
            case ["endless"]:
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
                    await writer.drain()
            case ["drip"]:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    writer.write(b"\xff")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case ["silent"]:
                await asyncio.Event().wait()
            case ["headers"]:
                writer.write(b"HTTP/1.1 200 OK\r\n")
                while True:
                    writer.write(b"X-More: " + bytes(b"a" * 1_000) + b"\r\n")
                    await writer.drain()
            case ["gate", *_]:
                await self.go_on.wait()
                writer.write(_answer(photo()))
            case ["flaky"] if self.faults > 0:
                self.faults -= 1
                writer.write(_answer(b"", "503 Busy"))
            case ["to", where]:
                target = bytes.fromhex(where).decode()
                writer.write(_answer(b"", "302 Found", f"Location: {target}"))
            case _:
                writer.write(ANSWERS.get(path) or _answer(camera_photo(), "200 OK", "Content-Type: text/html"))


def _answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode() + body


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GZIPPED = "Content-Encoding: gzip"
ANSWERS = {
    "svg": _answer(SVG, "200 OK", "Content-Type: image/svg+xml"),
    "html": _answer(b"<html><script>alert(1)</script></html>", "200 OK", "Content-Type: image/jpeg"),
    "half": _answer(camera_photo()[:4_000]),
    "bomb": _answer(gzip.compress(bytes(50_000_000)), "200 OK", "Content-Type: image/png", GZIPPED),
    "told": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + photo(),
    "gone": _answer(b"", "404 Gone"),
    "away": _answer(b"", "500 Away"),
    "no-http": b"220 mail.example ESMTP\r\n",
    "empty": _answer(b""),
}  # fmt: skip


@asynccontextmanager
async def picture_server() -> AsyncIterator[PictureServer]:
    """The server, on any port of 127.0.0.1."""
    server = PictureServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
