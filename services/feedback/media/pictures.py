"""Makes two clean pictures of a file. A program of its own: `python -I pictures.py <file >result`.

What decodes a stranger's file can be made to run for ever, to eat all memory, or to do worse. Here it can do so only
to a process that has no secrets, no network worth the name, little time and little memory.

The result is a line of JSON, and then the bytes of both pictures, whose lengths that line tells; or a line that says
why there are none.
"""

import io
import json
import os
import resource
import sys
import warnings
from typing import Any, BinaryIO

import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
MOST_PIXELS = 64_000_000
FULL, THUMBNAIL = 2_048, 400
QUALITY = 85
WHITE = (255, 255, 255)

MEMORY_BYTES = 1_610_612_736
CPU_SECONDS = 20


class Refused(Exception):
    """Why nothing is made of a file: `kind` is for programs."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def main() -> None:
    _limit()
    Image.init()
    pi_heif.register_heif_opener()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as file:
        file.seek(0)
        try:
            picture = _clean(_read(file))
        except Refused as refused:
            _write({"refused": refused.kind, "detail": str(refused)})
            return
    full, thumbnail = _jpeg(picture), _jpeg(_within(picture, THUMBNAIL))
    told = {"width": picture.width, "height": picture.height, "full": len(full), "thumbnail": len(thumbnail)}
    _write(told, full, thumbnail)


def _limit() -> None:
    os.nice(10)  # others are waiting for an answer
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _read(file: BinaryIO) -> Image.Image:
    """The first picture in a file, whole. Raises Refused."""
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Refused("pixels", f"up to {MOST_PIXELS:,} pixels are taken") from error
    except UnidentifiedImageError as error:
        raise Refused("kind", "it is no JPEG, PNG, WebP, GIF or HEIC file") from error
    except Exception as error:  # whatever a decoder trips over
        raise Refused("damaged", "its beginning cannot be read") from error
    if image.width * image.height > MOST_PIXELS:
        raise Refused("pixels", f"it has {image.width:,} by {image.height:,}; up to {MOST_PIXELS:,} pixels are taken")
    try:
        image.draft("RGB", (FULL, FULL))  # a JPEG can be read smaller; it is read to its end all the same
        image.load()
    except MemoryError as error:
        raise Refused("pixels", "it takes more memory than there is for one") from error
    except Exception as error:
        raise Refused("damaged", "it breaks off, or is not what it begins as") from error
    return image


def _clean(image: Image.Image) -> Image.Image:
    """The picture alone: upright, opaque, no larger than need be, in colours that every screen knows."""
    try:
        small = _upright(_within(_scalable(image), FULL))
        plain = _in_srgb(_opaque(small))
    except MemoryError as error:
        raise Refused("pixels", "it takes more memory than there is for one") from error
    except Exception as error:
        raise Refused("damaged", "it cannot be made smaller") from error
    bare = Image.new("RGB", plain.size)
    bare.paste(plain)
    return bare


def _scalable(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "RGBA", "L", "CMYK"):
        return image
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _within(image: Image.Image, side: int) -> Image.Image:
    smaller = image.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return smaller


def _upright(image: Image.Image) -> Image.Image:
    """As the camera was held. What it says of that may be broken, and the picture still be one."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    ground.info = image.info
    return ground


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return converted or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is none
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def _write(told: dict[str, Any], *parts: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(parts))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
