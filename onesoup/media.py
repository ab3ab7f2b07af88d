"""Pictures made fit for a phone: octets in, octets of a type and size that the phone takes out. Knows images; knows neither
phones, nor CSP, nor XMPP, nor where the octets come from.

Everything here is work for the processor: call it in gevent's thread pool, not in a greenlet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence

from PIL import Image, ImageOps

JPEG, PNG, GIF, WBMP = "image/jpeg", "image/png", "image/gif", "image/vnd.wap.wbmp"

# What peers send. Pillow knows dozens of formats more, each with decoders that nobody here has asked for.
READABLE = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
# Judged by what the header says, before any is unpacked: 25 million pixels are 75 MB, and more than most phone cameras make.
MAX_PIXELS = 25_000_000
# A progressive JPEG is decoded once for each scan. Ten are usual; ten thousand are an attack.
MAX_SCANS = 100
# Where a phone gives no limit of its own, its screen does: the largest of these handsets' are 352 by 416.
SCREEN = (640, 640)
SMALLEST = 8  # pixels: below, nothing can be recognized
SHRINK = 0.75
QUALITIES = (85, 70, 50)
# The names by which phones of the time list types.
ALIASES = {"image/jpg": JPEG, "image/pjpeg": JPEG, "image/x-png": PNG, "image/x-wap.wbmp": WBMP, "image/wbmp": WBMP}
TYPES = {"JPEG": JPEG, "PNG": PNG, "GIF": GIF, "WBMP": WBMP, "WEBP": "image/webp", "BMP": "image/bmp"}
PHOTO = (JPEG, PNG, GIF, WBMP)  # what keeps most of a photograph comes first
DRAWING = (PNG, GIF, JPEG, WBMP)  # ... and of lines and letters


def fit(data: bytes, accepted: Sequence[str], max_octets: int, max_size: tuple[int, int] | None = None) -> tuple[str, bytes]:
    """The picture in `data` as (content type, octets): of an accepted type, in at most `max_octets` octets, inside `max_size`
    pixels (`SCREEN` unless told). What fits already comes back as it is; an animation that does not, as its first picture.
    `accepted` is content types as a phone lists them, `image/*` and `*/*` too. ValueError when it is no picture, breaks, is a
    bomb, or cannot be made to fit. Phones of 2004 read only baseline JPEG, so JPEG is always that."""
    box = max_size or SCREEN
    image = _opened(data)
    takes = types_among(accepted)
    try:
        given = TYPES.get(str(image.format))
        if given and given in takes and len(data) <= max_octets and _inside(image.size, box) and _plain(image):
            image.load()  # all of it, so that what is passed on is whole
            return given, data
        return _converted(image, takes, max_octets, box)
    except ValueError:
        raise
    except Exception as error:  # decoders raise whatever they like at broken octets
        raise ValueError(f"the picture is broken: {type(error).__name__}") from error


def kind(data: bytes) -> str | None:
    """The content type that the first octets show, or None: headers and names of files may say anything."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return TYPES["WEBP"]
    return TYPES["BMP"] if data.startswith(b"BM") else None


def types_among(accepted: Sequence[str]) -> frozenset[str]:
    """Those of our types that a phone's list allows. Parameters, case, old names and wild cards are understood."""
    plain = {name.split(";")[0].strip().lower() for name in accepted}
    if plain & {"*/*", "image/*", "*"}:
        return frozenset({JPEG, PNG, GIF})  # WBMP is for those that name it: one bit a pixel is a last resort
    return frozenset(ALIASES.get(name, name) for name in plain) & frozenset(PHOTO)


def _opened(data: bytes) -> Image.Image:
    if data[:2] == b"\0\0":
        return _from_wbmp(data)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MAX_SCANS:
        raise ValueError("a JPEG of too many scans")
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=READABLE)
    except Exception as error:
        raise ValueError(f"no picture that can be read: {type(error).__name__}") from error
    _bounded(image.size)
    return image


def _bounded(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"{size[0]} by {size[1]} pixels are too many")


def _inside(size: tuple[int, int], box: tuple[int, int]) -> bool:
    return size[0] <= box[0] and size[1] <= box[1]


def _plain(image: Image.Image) -> bool:
    """Whether old decoders read it, and it stands upright without its metadata."""
    if image.getexif().get(0x0112, 1) != 1:
        return False
    return image.format != "JPEG" or (not image.info.get("progressive") and image.mode in ("L", "RGB"))


def _converted(image: Image.Image, takes: frozenset[str], max_octets: int, box: tuple[int, int]) -> tuple[str, bytes]:
    drawing = image.mode in ("1", "P", "L", "LA", "PA") and image.format != "JPEG"
    order = [name for name in (DRAWING if drawing else PHOTO) if name in takes]
    if not order:
        raise ValueError("no type of picture is accepted")
    # A small picture says more than a large one in black and white.
    order = [name for name in order if name != WBMP] or order
    image.draft("RGB", box)  # a JPEG is decoded at a fraction of its size where that is enough
    picture = _on_white(ImageOps.exif_transpose(image))
    for size in _sizes(picture.size, box):
        scaled = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        for name in order:
            for octets in ENCODERS[name](scaled):
                if len(octets) <= max_octets:
                    return name, octets
    raise ValueError(f"it does not go into {max_octets} octets")


def _sizes(size: tuple[int, int], box: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Ever smaller sizes of the same shape, from the largest that is inside the box."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    while True:
        smaller = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
        yield smaller
        if max(smaller) <= SMALLEST:
            return
        scale *= SHRINK


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which few of these phones know: what shows through is paper."""
    if image.mode == "P" and "transparency" not in image.info:
        return image.convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "P", "RGBa", "La"):
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("RGB")
    return image.convert("RGB")


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _jpegs(image: Image.Image) -> Iterator[bytes]:
    for quality in QUALITIES:
        yield _saved(image, "JPEG", quality=quality, progressive=False, optimize=True)


def _pngs(image: Image.Image) -> Iterator[bytes]:
    yield _saved(image, "PNG", optimize=True)
    yield _saved(image.quantize(256), "PNG", optimize=True)


def _gifs(image: Image.Image) -> Iterator[bytes]:
    yield _saved(image.quantize(256), "GIF")


def _wbmps(image: Image.Image) -> Iterator[bytes]:
    bits = image.convert("1")
    yield b"\0\0" + _mb_uint(bits.width) + _mb_uint(bits.height) + bits.tobytes()


ENCODERS: dict[str, Callable[[Image.Image], Iterator[bytes]]] = {JPEG: _jpegs, PNG: _pngs, GIF: _gifs, WBMP: _wbmps}


def _mb_uint(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.insert(0, 0x80 | value & 0x7F)
    return bytes(octets)


def _from_wbmp(data: bytes) -> Image.Image:
    """A WBMP of type 0 (Wireless Application Environment, WBMP): black and white, no compression."""
    at, size = 2, []
    for _ in range(2):
        value = 0
        for _ in range(3):  # three octets carry 2 million pixels
            if at >= len(data):
                raise ValueError("a WBMP that ends in its header")
            value, octet, at = value << 7 | data[at] & 0x7F, data[at], at + 1
            if octet < 0x80:
                break
        size.append(value)
    width, height = size
    _bounded((width, height))
    bits = data[at : at + (width + 7) // 8 * height]
    if not width or not height or len(bits) < (width + 7) // 8 * height:
        raise ValueError("a WBMP of other length than it says")
    image = Image.frombytes("1", (width, height), bits)
    image.format = "WBMP"
    return image
