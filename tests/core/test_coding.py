"""Entity tags and content codings."""

from __future__ import annotations

import gzip
import re

import brotli
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.coding import brotlied, etag, gzipped


@given(st.binary(max_size=2000))
@settings(max_examples=50, deadline=None)
def test_codings_are_deterministic_and_give_the_bytes_back(body: bytes) -> None:
    assert (gzipped(body), brotlied(body)) == (gzipped(body), brotlied(body))
    assert (gzip.decompress(gzipped(body)), brotli.decompress(brotlied(body))) == (body, body)


def test_the_entity_tag_is_of_the_bytes() -> None:
    assert re.fullmatch("[0-9a-f]{32}", etag(b"x"))
    assert etag(b"x") == etag(b"x") != etag(b"y")
