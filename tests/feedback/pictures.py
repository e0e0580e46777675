"""Files that citizens send: pictures as cameras make them, and what only looks like one."""

import io
import struct
import zlib
from base64 import b64decode
from typing import Any

from PIL import Image

CAMERA, LATITUDE_SECONDS = "Camera of somebody", 1_234.5


HEIC = zlib.decompress(
    b64decode(
        "eNpjYGCQSSupLMhIzUxmAILczDRDEDs3MzGNgYGxNje1JJEBAhQzUnKKoGyGgszkEgY0oJSZkw82xMWBgREIgYBxIYQGAlkgVs7MzEsD80CiokBO"
        "KhOUl1GWbAhi8hVkluTClfzNLCgqANJ3MwuS84F0GVCZMyMzSGgCWJHcB4Y/f3/8YGDgZ04A6pBwYORh/P8fpIAZpIIZhOR2MTkkAiW1nBgZ0WQW"
        "KDSyTnv1ZNnOHRwZBgpAIWYQwaCYBFTO5sJ4sPhAJ9AS4eT8nKK85JwKoCgvA1sDUEgks7ggFeozByjWSM5JLICyQY43gNIgwPT///8PIBqIBQoy"
        "KzJBgswcHBxASiKzIBcWyMBwY21kYmZtAbJVc1MSQYEsqcG4Xrjhq3qj/f8HS93/77pWUcfPXVf56coHAGtSViQ="
    )
)
"""A picture of 64 by 48 red pixels, as telephones of one maker save it."""


def photo(
    format: str = "JPEG",
    size: tuple[int, int] = (640, 480),
    *,
    colour: Any = (200, 30, 30),
    mode: str = "RGB",
    **how: Any,
) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, format, **how)
    return file.getvalue()


def camera_photo() -> bytes:
    """As a telephone makes it: held upright, with its place, its owner's device, a comment, and a film behind it."""
    image = Image.new("RGB", (640, 480), "blue")
    image.paste("red", (0, 0, 640, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x0110] = CAMERA
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, LATITUDE_SECONDS), 3: "E", 4: (16.0, 22.0, 1.0)})
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, comment=b"by somebody", xmp=b"<x:xmpmeta>somebody</x:xmpmeta>")
    return file.getvalue() + b"\0\0\0\x18ftypmp42<script>alert(1)</script>"


def huge_png(side: int) -> bytes:
    """A few kilobytes that unfold to a square of that many pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(side // 8 + 1)) for _ in range(side)) + rows.flush()
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def text_bomb() -> bytes:
    """A small picture with a text that unfolds to a gigabyte."""
    packed = zlib.compressobj(9)
    text = b"".join(packed.compress(bytes(1 << 20)) for _ in range(1_024)) + packed.flush()
    plain = photo("PNG")
    return plain[:33] + _chunk(b"zTXt", b"Comment\0\0" + text) + plain[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
