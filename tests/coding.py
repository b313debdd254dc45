"""What undoes each content coding."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODE: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda packed: zstd.decompress(packed, options=_NO_LARGER),
}
_NO_LARGER = {zstd.DecompressionParameter.window_log_max: 23}
"""What a reader must have memory for: 8 MB (RFC 9659 section 3)."""
SIBLINGS = {".gz": DECODE["gzip"], ".br": DECODE["br"], ".zst": DECODE["zstd"]}
"""By the ending of a file beside a document."""
NOT_CODED = (OSError, EOFError, zlib.error, brotli.error, zstd.ZstdError)
"""What is raised for bytes that are in another coding or in none."""
