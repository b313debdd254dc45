"""Width and height of a picture from the first bytes of its file: PNG, GIF, JPEG and WebP, without decoding it."""

from __future__ import annotations

from struct import unpack_from

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # start-of-frame markers; C4, C8, CC are tables
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers that have no length


def dimensions(head: bytes) -> tuple[int, int] | None:
    """Pixels (width, height) of the picture that begins with `head`; None when it is none of ours or does not say.

    A JPEG names its size behind its metadata, so give it enough: a mebibyte finds it in anything a camera made.
    """
    size: tuple[int, int] | None = None
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        size = unpack_from(">II", head, 16)
    elif head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        size = unpack_from("<HH", head, 6)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        size = _webp(head)
    elif head.startswith(b"\xff\xd8\xff"):
        size = _jpeg(head)
    return size if size and all(0 < side < 1 << 31 for side in size) else None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L" and head[20] == 0x2F:
        bits: int = unpack_from("<I", head, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF or marker in _JPEG_BARE:
            at += 1 if marker == 0xFF else 2
            continue
        length: int = unpack_from(">H", head, at + 2)[0]
        if marker in _JPEG_SIZES:
            height, width = unpack_from(">HH", head, at + 5)
            return width, height
        if length < 2:
            return None
        at += 2 + length
    return None
