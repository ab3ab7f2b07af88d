"""Converts pictures for a phone: bytes in; out come bytes of a type and size that the phone takes. Knows images; knows neither
phones, nor CSP, nor XMPP, nor where the bytes come from.

Everything here is work for the processor: call it in gevent's thread pool, not in a greenlet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence

from PIL import Image, PngImagePlugin

JPEG, PNG, GIF, WBMP = "image/jpeg", "image/png", "image/gif", "image/vnd.wap.wbmp"

# Formats that peers send. Pillow has decoders for dozens more, which are not used.
READABLE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
# Judged by what the header says, before any is unpacked. 25 million pixels are more than most phone cameras make.
MAX_PIXELS, MAX_SIDE_PIXELS = 25_000_000, 16_384
# What one conversion may take at its peak, and how many bytes each pixel costs until the picture is small: decoded, and once more
# where it has to be converted first or has an alpha channel. Measured with Pillow 12 (tests/images/test_fit.py).
MAX_MEMORY_BYTES = 80 * 1024 * 1024
BYTES_PER_PIXEL = {"1": 2, "L": 1, "P": 10, "RGB": 4, "YCbCr": 8, "CMYK": 8, "RGBA": 9, "LA": 9}
OTHER_BYTES_PER_PIXEL, WEBP_BYTES_PER_PIXEL = 12, 20
# A progressive JPEG is decoded once for each scan, and its coefficients are kept, two bytes each. Ten scans are usual; ten
# thousand are an attack.
MAX_SCANS, MAX_SCANNED = 100, 250_000_000
# Texts in a PNG, unpacked: Pillow's own limit is 64 MiB.
PngImagePlugin.MAX_TEXT_MEMORY = 2 * 1024 * 1024
# Where a phone gives no limit of its own, its screen does: the largest of these handsets' are 352 by 416.
SCREEN_PIXELS = (640, 640)
MIN_SIDE_PIXELS = 8  # pixels: below, nothing can be recognized
SHRINK_FACTOR = 0.75
JPEG_QUALITIES = (85, 70, 50)
# The names by which phones of the time list types.
TYPE_ALIASES = {"image/jpg": JPEG, "image/pjpeg": JPEG, "image/x-png": PNG, "image/x-wap.wbmp": WBMP, "image/wbmp": WBMP}
FORMAT_TYPES = {"JPEG": JPEG, "PNG": PNG, "GIF": GIF, "WBMP": WBMP, "WEBP": "image/webp", "BMP": "image/bmp"}
ORIENTATION_TAG = 0x0112  # in Exif, and how a picture is turned to stand upright
ORIENTATION_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS_TURNS = frozenset(ORIENTATION_TURNS[number] for number in (5, 6, 7, 8))
PHOTO_TYPES = (JPEG, PNG, GIF, WBMP)  # what keeps most of a photograph comes first
DRAWING_TYPES = (PNG, GIF, JPEG, WBMP)  # ... and of lines and letters


def fit(data: bytes, accepted: Sequence[str], max_octets: int, max_size: tuple[int, int] | None = None) -> tuple[str, bytes]:
    """The picture in `data` as (content type, bytes): of an accepted type, in at most `max_octets` bytes, inside `max_size`
    pixels (`SCREEN_PIXELS` unless told). What fits already comes back as it is; an animation that does not, as its first picture.
    `accepted` is content types as a phone lists them, `image/*` and `*/*` too. ValueError when it is no picture, breaks, is a
    bomb, or cannot be made to fit. Phones of 2004 read only baseline JPEG, so JPEG is always that."""
    box = max_size or SCREEN_PIXELS
    image = _opened(data)
    takes = types_among(accepted)
    try:
        given = FORMAT_TYPES.get(str(image.format))
        if given and given in takes and len(data) <= max_octets and _inside(image.size, box) and _plain(image):
            _affordable(image)
            image.load()  # all of it, so that what is passed on is whole
            return given, data
        return _converted(image, takes, max_octets, box)
    except ValueError:
        raise
    except Exception as error:  # decoders raise any exception for broken bytes
        raise ValueError(f"the picture is broken: {type(error).__name__}") from error


def kind(data: bytes) -> str | None:
    """The content type that the first bytes show, or None. Headers and file names are not trusted."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return FORMAT_TYPES["WEBP"]
    return FORMAT_TYPES["BMP"] if data.startswith(b"BM") else None


def types_among(accepted: Sequence[str]) -> frozenset[str]:
    """Those of our types that a phone's list allows. Parameters, case, old names and wild cards are understood."""
    plain = {name.split(";")[0].strip().lower() for name in accepted}
    if plain & {"*/*", "image/*", "*"}:
        return frozenset({JPEG, PNG, GIF})  # WBMP is for those that name it: one bit a pixel is a last resort
    return frozenset(TYPE_ALIASES.get(name, name) for name in plain) & frozenset(PHOTO_TYPES)


def _opened(data: bytes) -> Image.Image:
    if data[:2] == b"\0\0":
        return _from_wbmp(data)
    scans = data.count(b"\xff\xda") if data.startswith(b"\xff\xd8") else 1
    if scans > MAX_SCANS:
        raise ValueError("a JPEG of too many scans")
    _bounded(_webp_size(data))  # its decoder has memory for two pictures before anything can be asked
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
    except Exception as error:
        raise ValueError(f"no picture that can be read: {type(error).__name__}") from error
    _bounded(image.size)
    if scans * image.width * image.height > MAX_SCANNED and image.info.get("progressive"):
        raise ValueError("a JPEG of too many scans for its size")
    return image


def _bounded(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS or max(size) > MAX_SIDE_PIXELS:
        raise ValueError(f"{size[0]} by {size[1]} pixels are too many")


def _affordable(image: Image.Image, whole: tuple[int, int] | None = None) -> None:
    """Raises when the conversion at this size would need more than MAX_MEMORY_BYTES. `whole`: the size in the file."""
    each = WEBP_BYTES_PER_PIXEL if image.format == "WEBP" else BYTES_PER_PIXEL.get(image.mode, OTHER_BYTES_PER_PIXEL)
    needed = image.width * image.height * each
    if image.info.get("progressive"):
        width, height = whole or image.size
        needed += round(width * height * _samples(image) * 2)
    if needed > MAX_MEMORY_BYTES:
        raise ValueError(f"{image.width} by {image.height} pixels of {image.mode} are too many")


def _samples(image: Image.Image) -> float:
    """How many samples a JPEG has for each pixel: 3 for colours, 1.5 where they are halved both ways."""
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    areas = [across * down for _, across, down, _ in layers]
    return sum(areas) / max(areas, default=1) if areas else len(image.getbands())


def _webp_size(data: bytes) -> tuple[int, int]:
    """What the header of a WebP says (RFC 9649), (0, 0) for anything else."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return 0, 0
    if data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _inside(size: tuple[int, int], box: tuple[int, int]) -> bool:
    return size[0] <= box[0] and size[1] <= box[1]


def _plain(image: Image.Image) -> bool:
    """Whether old decoders read it, and it stands upright without its metadata."""
    if image.getexif().get(ORIENTATION_TAG, 1) != 1:
        return False
    return image.format != "JPEG" or (not image.info.get("progressive") and image.mode in ("L", "RGB"))


def _converted(image: Image.Image, takes: frozenset[str], max_octets: int, box: tuple[int, int]) -> tuple[str, bytes]:
    drawing = image.mode in ("1", "P", "L", "LA", "PA") and image.format != "JPEG"
    order = [name for name in (DRAWING_TYPES if drawing else PHOTO_TYPES) if name in takes]
    if not order:
        raise ValueError("no type of picture is accepted")
    # A small picture says more than a large one in black and white.
    order = [name for name in order if name != WBMP] or order
    picture = _small(image, box)
    for size in _sizes(picture.size, box):
        scaled = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        for name in order:
            for octets in ENCODERS[name](scaled):
                if len(octets) <= max_octets:
                    return name, octets
    raise ValueError(f"it does not go into {max_octets} octets")


def _small(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Inside the box, upright and without transparency. It is made small first: what comes after that costs little."""
    whole = image.size
    image.draft("RGB", box)  # a JPEG is decoded at a fraction of its size where that is enough
    _affordable(image, whole)
    image.load()
    turn = ORIENTATION_TURNS.get(image.getexif().get(ORIENTATION_TAG, 1))
    width, height = (box[1], box[0]) if turn in SIDEWAYS_TURNS else box
    scale = min(1.0, width / image.width, height / image.height)
    if scale < 1.0:
        size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
        image = _scalable(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    picture = _on_white(image)
    return picture if turn is None else picture.transpose(turn)


def _scalable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be mixed."""
    if image.mode in ("L", "RGB", "RGBA", "LA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")


def _sizes(size: tuple[int, int], box: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Ever smaller sizes of the same shape, from the largest that is inside the box."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    while True:
        smaller = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
        yield smaller
        if max(smaller) <= MIN_SIDE_PIXELS:
            return
        scale *= SHRINK_FACTOR


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
    for quality in JPEG_QUALITIES:
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
        for _ in range(3):  # three bytes carry 2 million pixels
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
