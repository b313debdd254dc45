"""Entity tags and content codings."""

from __future__ import annotations

import hashlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.coding import brotlied, etag, gzipped, zstded
from tests.coding import DECODE


@given(st.binary(max_size=2000))
@settings(max_examples=50, deadline=None)
def test_codings_are_deterministic_and_give_the_bytes_back(body: bytes) -> None:
    for coding, packed in (("gzip", gzipped), ("br", brotlied), ("zstd", zstded)):
        assert packed(body) == packed(body)
        assert DECODE[coding](packed(body)) == body


def test_a_window_that_every_reader_has_is_enough_for_zstd() -> None:
    body = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(300_000))
    assert DECODE["zstd"](zstded(body)) == body


def test_the_entity_tag_is_of_the_bytes() -> None:
    assert re.fullmatch("[0-9a-f]{32}", etag(b"x"))
    assert etag(b"x") == etag(b"x") != etag(b"y")
