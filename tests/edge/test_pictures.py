"""Width and height from a picture's first bytes."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.edge.pictures import dimensions


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(4)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + pack("<HHBBB", width, height, 0, 0, 0)


def jpeg(width: int, height: int, marker: int = 0xC0, metadata: int = 40) -> bytes:
    app = b"\xff\xe1" + pack(">H", metadata + 2) + bytes(metadata)
    tables = b"\xff\xc4" + pack(">H", 20) + bytes(18)
    frame = bytes((0xFF, 0xFF, marker)) + pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app + b"\xff\x01" + tables + frame


def webp(chunk: bytes) -> bytes:
    return b"RIFF" + pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def vp8(width: int, height: int) -> bytes:
    return webp(b"VP8 " + pack("<I", 30) + bytes(3) + b"\x9d\x01\x2a" + pack("<HH", width | 0x4000, height) + bytes(9))


def vp8l(width: int, height: int) -> bytes:
    return webp(b"VP8L" + pack("<I", 30) + b"\x2f" + pack("<I", (width - 1) | (height - 1) << 14) + bytes(9))


def vp8x(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X" + pack("<I", 10) + bytes(4) + sides)


@pytest.mark.parametrize("make", [png, gif, jpeg, vp8, vp8l, vp8x], ids=lambda make: make.__name__)
@pytest.mark.parametrize("size", [(1, 1), (640, 480), (3, 16000)], ids=str)
def test_a_picture_says_how_large_it_is(make, size):
    assert size == dimensions(make(*size))


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCF], ids=hex)
def test_every_kind_of_jpeg_frame_is_understood(marker):
    assert dimensions(jpeg(8, 9, marker)) == (8, 9)


def test_metadata_before_the_frame_is_skipped():
    assert dimensions(jpeg(8, 9, metadata=65533)) == (8, 9)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GIF89a",
        b"<svg width='9' height='9'/>",
        png(0, 5),
        png(2**31, 5),
        gif(5, 0),
        jpeg(5, 0),
        b"\xff\xd8\xff\xe1\x00\x00" + bytes(99),
        b"\xff\xd8\xff\xd9" + bytes(99),
        webp(b"ABCD" + bytes(40)),
    ],
    ids=["empty", "short", "svg", "no width", "absurd", "no height", "dnl", "length 0", "only an end", "other riff"],
)
def test_what_does_not_say_has_no_size(head):
    assert dimensions(head) is None


@pytest.mark.parametrize("whole", [png(3, 4), gif(3, 4), jpeg(3, 4), vp8(3, 4), vp8l(3, 4), vp8x(3, 4)])
def test_a_picture_cut_anywhere_has_its_size_or_none(whole):
    assert {dimensions(whole[:n]) for n in range(len(whole) + 1)} == {None, (3, 4)}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "]), st.binary())
def test_any_bytes_are_taken(start, rest):
    size = dimensions(start + rest)
    assert size is None or min(size) > 0
