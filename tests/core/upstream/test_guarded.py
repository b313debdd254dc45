"""The parser that everything of upstream goes through refuses declarations by itself, whoever hands it a document."""

from __future__ import annotations

import pytest

from syndicator.core.upstream.limits import guarded
from syndicator.errors import BadFeed


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>',
        b"<!DOCTYPE a><a/>",
    ],
    ids=["internal", "external subset", "parameter", "bare"],
)
def test_s16_a_declaration_stops_the_parser(document: bytes) -> None:
    with pytest.raises(BadFeed, match="document type") as caught:
        guarded().Parse(document, True)
    assert caught.value.kind == "too_complex"
