"""Ring 1: pictures made fit for a phone, and pictures that were made to hurt."""

import io
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from onesoup.images.fit import GIF, JPEG, MAX_PIXELS, PNG, WBMP, fit, kind, types_among

QCIF = (176, 144)


def noise(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """The picture that packs worst."""
    return Image.effect_noise(size, 90).convert("RGB")


def saved(image: Image.Image, form: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("wanted", [JPEG, PNG, GIF, WBMP])
def test_every_readable_picture_becomes_every_type_that_phones_take(form, wanted):
    name, data = fit(saved(noise(), form), [wanted], 6000, QCIF)
    assert name == wanted
    assert len(data) <= 6000
    if wanted == WBMP:
        name, data = fit(data, [PNG], 100_000)  # which is read again here
    else:
        assert kind(data) == wanted
    width, height = opened(data).size
    assert width <= QCIF[0]
    assert height <= QCIF[1]
    assert width / height == pytest.approx(640 / 480, rel=0.2)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_a_picture_that_fits_is_left_alone(form):
    data = saved(noise((64, 64)), form)
    assert fit(data, ["image/*"], 100_000) == (kind(data), data)


def test_an_animation_that_fits_keeps_moving():
    frames = [Image.new("P", (16, 16), color) for color in range(4)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert fit(data, [GIF], 10_000)[1] == data


def test_old_phones_read_baseline_jpeg_only():
    name, data = fit(saved(noise(), "JPEG", progressive=True), [JPEG], 200_000)
    assert name == JPEG
    assert not opened(data).info.get("progressive")
    assert opened(fit(saved(noise().convert("CMYK"), "JPEG"), [JPEG], 200_000)[1]).mode == "RGB"


def test_a_picture_taken_upright_stands_upright_and_tells_nothing_about_where():
    image = noise((200, 100))
    exif = image.getexif()
    exif[0x0112], exif[0x010F] = 6, "maker"  # turned by a quarter
    _, data = fit(saved(image, "JPEG", exif=exif), [JPEG], 100_000)
    assert opened(data).size == (100, 200)
    assert b"maker" not in data


def test_what_shows_through_is_white():
    _, data = fit(saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"), [JPEG], 10_000)
    assert min(opened(data).convert("RGB").getpixel((10, 10))) > 250


def test_lines_and_letters_do_not_become_jpeg_where_png_is_taken():
    drawing = saved(Image.new("1", (900, 900)), "PNG")
    assert fit(drawing, [JPEG, PNG], 20_000)[0] == PNG
    assert fit(saved(noise(), "WEBP"), [PNG, JPEG], 20_000)[0] == JPEG


@pytest.mark.parametrize(
    ("listed", "types"),
    [
        (["IMAGE/JPG; q=1"], {JPEG}),
        (["image/pjpeg", "image/x-png"], {JPEG, PNG}),
        (["image/*"], {JPEG, PNG, GIF}),
        (["*/*"], {JPEG, PNG, GIF}),
        (["image/vnd.wap.wbmp"], {WBMP}),
        (["text/plain", "audio/amr", "image/tiff"], set()),
        ([], set()),
    ],
)
def test_types_are_read_as_phones_list_them(listed, types):
    assert types_among(listed) == types


@pytest.mark.parametrize("accepted", [[], ["text/plain"], ["audio/*"]])
def test_a_phone_without_pictures_gets_none(accepted):
    with pytest.raises(ValueError, match="accepted"):
        fit(saved(noise(), "JPEG"), accepted, 100_000)


def test_no_room_is_an_error_too():
    with pytest.raises(ValueError, match="20 octets"):
        fit(saved(noise(), "JPEG"), ["image/*"], 20)


# ---------------------------------------------------------------------------- made to hurt


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", data)


@pytest.mark.parametrize("size", [(50_000, 50_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1), (65_535, 65_535)])
def test_a_bomb_is_refused_by_its_header_and_costs_nothing(size):
    bomb = png(*size, zlib.compress(bytes(10_000_000)))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"pixels|read"):
        fit(bomb, ["image/*"], 100_000)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_jpeg_of_a_thousand_scans_is_refused():
    data = saved(noise((64, 64)), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    with pytest.raises(ValueError, match="scans"):
        fit(data[:scan] + data[scan:-2] * 1000 + data[-2:], ["image/*"], 1000)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_a_truncated_picture_is_refused_wherever_it_ends(form):
    data = saved(noise((64, 64)), form)
    for end in (0, 1, 10, 30, len(data) // 2):
        with pytest.raises(ValueError, match=r"broken|read|WBMP"):
            fit(data[:end], ["image/*"], 1000)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0", b"\0\0\xff\xff\xff\xff", b"\0\0\x08\x08\x01", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4",
     b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"II*\0" + bytes(100)],
)  # fmt: skip
def test_what_is_no_picture_of_ours_is_refused(data):
    with pytest.raises(ValueError, match=r"broken|read|WBMP"):
        fit(data, ["image/*"], 1000)


SEEDS = [saved(noise((24, 24)), form) for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8))
def test_any_octets_become_a_picture_or_a_value_error(seed, changes):
    data = bytearray(seed)
    for where, octet in changes:
        data[int(where * len(data))] = octet
    try:
        name, out = fit(bytes(data), [JPEG, GIF, PNG, WBMP], 4000, (32, 32))
    except ValueError:
        return
    assert len(out) <= 4000
    assert types_among([name]) == {name}
