"""Pictures that are small as files and large in memory: whatever comes, a conversion needs at most 100 MiB and some seconds."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from onesoup.images.fit import MAX_SIDE_PIXELS

MOST_KIB, MOST_MS = 100 * 1024, 15_000
ROOT = Path(__file__).resolve().parents[2]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, kind: int = 2, depth: int = 8, interlaced: int = 0, between: bytes = b"") -> bytes:
    """All zeros; of a palette if `kind` is 3."""
    bits = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] * depth
    packer = zlib.compressobj(9)
    row = bytes((width * bits + 7) // 8 + 1)
    body = b"".join(packer.compress(row * min(1000, height - at)) for at in range(0, height, 1000)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + between + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def saved(image: Image.Image, form: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def scans(size: tuple[int, int], count: int) -> bytes:
    data = saved(Image.new("RGB", size, "red"), "JPEG", progressive=True, subsampling=0)
    scan = data.index(b"\xff\xda")
    return data[:scan] + data[scan:-2] * (count // 10) + data[-2:]


def bmp_rle(width: int, height: int) -> bytes:
    """Eight bits a pixel, run-length encoded."""
    row = b"\xff\x01" * (width // 255) + b"\0\0"
    body = row * height + b"\0\1"
    palette = bytes(1024)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 14 + 40 + 1024 + len(body), 0, 0, 14 + 40 + 1024) + head + palette + body


def texts(count: int) -> bytes:
    packed = zlib.compress(bytes(1_000_000))
    return b"".join(chunk(b"zTXt", b"k%d\0\0" % number + packed) for number in range(count))


def frames(form: str, size: tuple[int, int], count: int) -> bytes:
    first = Image.new("P" if form == "GIF" else "RGB", size)
    return saved(first, form, save_all=True, append_images=[first.copy() for _ in range(count)], duration=40)


PALETTE = chunk(b"PLTE", bytes(768))
BOMBS = {
    "png-25-million-by-1": lambda: png(25_000_000, 1),
    "png-1-by-25-million": lambda: png(1, 25_000_000, kind=0),
    "png-side": lambda: png(MAX_SIDE_PIXELS, 640),
    "png-thin": lambda: png(1, MAX_SIDE_PIXELS),
    "png-5000-rgb": lambda: png(5000, 5000),
    "png-4500-rgb": lambda: png(4500, 4500),
    "png-3000-rgba": lambda: png(3000, 3000, kind=6),
    "png-5000-rgba": lambda: png(5000, 5000, kind=6),
    "png-5000-grey": lambda: png(5000, 5000, kind=0),
    "png-2500-grey-16": lambda: png(2500, 2500, kind=0, depth=16),
    "png-3000-grey-alpha": lambda: png(3000, 3000, kind=4),
    "png-5000-bits": lambda: png(5000, 5000, kind=0, depth=1),
    "png-2800-palette": lambda: png(2800, 2800, kind=3, between=PALETTE),
    "png-2800-palette-alpha": lambda: png(2800, 2800, kind=3, between=PALETTE + chunk(b"tRNS", bytes(256))),
    "png-4500-interlaced": lambda: png(4500, 4500, interlaced=1),
    "png-texts": lambda: png(100, 100, between=texts(60)),
    "png-profile": lambda: png(100, 100, between=chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(80_000_000), 9))),
    "apng": lambda: frames("PNG", (1500, 1500), 20),
    "gif-2800": lambda: frames("GIF", (2800, 2800), 2),
    "gif-5000": lambda: frames("GIF", (5000, 5000), 1),
    "gif-frames": lambda: frames("GIF", (500, 500), 300),
    "webp-2000": lambda: saved(Image.new("RGBA", (2000, 2000)), "WEBP", lossless=True),
    "webp-2000-lossy": lambda: saved(Image.new("RGB", (2000, 2000)), "WEBP"),
    "webp-5000": lambda: saved(Image.new("RGB", (5000, 5000)), "WEBP", lossless=True, method=0),
    "webp-16383": lambda: saved(Image.new("L", (16_383, 1)).convert("RGB"), "WEBP", lossless=True),
    "webp-frames": lambda: frames("WEBP", (1000, 1000), 40),
    "jpeg-5000": lambda: saved(Image.new("RGB", (5000, 5000)), "JPEG"),
    "jpeg-16000-by-1500": lambda: saved(Image.new("RGB", (16_000, 1500)), "JPEG"),
    "jpeg-65000-by-380": lambda: saved(Image.new("RGB", (65_000, 380)), "JPEG"),
    "jpeg-cmyk": lambda: saved(Image.new("CMYK", (5000, 5000)), "JPEG"),
    "jpeg-progressive-3500": lambda: saved(Image.new("RGB", (3500, 3500)), "JPEG", progressive=True, subsampling=0),
    "jpeg-progressive-4900-halved": lambda: saved(Image.new("RGB", (4900, 4900)), "JPEG", progressive=True),
    "jpeg-progressive-5000": lambda: saved(Image.new("RGB", (5000, 5000)), "JPEG", progressive=True, subsampling=0),
    "jpeg-scans-small": lambda: scans((1500, 1500), 90),
    "jpeg-scans-large": lambda: scans((3500, 3500), 90),
    "bmp-4500": lambda: saved(Image.new("L", (4500, 4500)), "BMP"),
    "bmp-rle": lambda: bmp_rle(5100, 4900),
    "bmp-bits": lambda: saved(Image.new("1", (5000, 5000)), "BMP"),
    "wbmp-5000": lambda: b"\0\0" + b"\xa7\x08" * 2 + bytes(625 * 5000),
}  # fmt: skip


@pytest.fixture(scope="module")
def peaks(tmp_path_factory) -> dict[str, tuple[int, int, str]]:
    """Name -> KiB at the peak, milliseconds, and the result. In one process, in which each begins where the last has ended."""
    directory = tmp_path_factory.mktemp("bombs")
    paths = []
    for name, made in {"warm": lambda: png(10, 10), **BOMBS}.items():
        path = directory / name
        path.write_bytes(made())
        paths.append(str(path))
    command = [sys.executable, "-m", "tests.support.peak", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()][2:]
    return {name: (int(kib), int(ms), result) for name, (kib, ms, result) in zip(BOMBS, lines, strict=True)}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_conversion_needs_at_most_a_hundred_mebibytes(peaks, name):
    kib, ms, result = peaks[name]
    assert kib <= MOST_KIB, result
    assert ms <= MOST_MS, result


@pytest.mark.parametrize(
    "name",
    [
        "png-4500-rgb",
        "png-5000-grey",
        "png-3000-rgba",
        "webp-2000",
        "jpeg-5000",
        "jpeg-progressive-4900-halved",
        "jpeg-16000-by-1500",
        "bmp-4500",
        "gif-2800",
        "apng",
    ],
)
def test_what_cameras_and_screens_make_is_still_converted(peaks, name):
    assert peaks[name][2].startswith("image/")
