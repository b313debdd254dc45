"""What a document may cost, held while it streams through expat (security.md S16, S17). No tree is ever built.

A node is an element; attributes, text and comments are bounded by their own size and by that of the document.
"""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from syndicator.errors import BadFeed

MAX_DEPTH = 256
MAX_NODES = 1_000_000
MAX_ATTRIBUTES = 256
MAX_TEXT = 8 * 1024 * 1024
MAX_NAMESPACES = 1000
"""Bounds: of elements within elements, of elements, of attributes on one, of bytes between two tags, and of different
namespace declarations in a document."""


def guarded() -> expat.XMLParserType:
    """A parser of UTF-8 that knows namespaces, opens nothing, and stops at any declaration of a document type.

    Names are `namespace local`; attributes come as a list of names and values.
    """
    parser = expat.ParserCreate("utf-8", " ")
    parser.ordered_attributes = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse_declaration
    parser.EntityDeclHandler = _refuse_declaration
    parser.ExternalEntityRefHandler = _refuse_reference
    return parser


def too_complex(what: str, line: int | None = None) -> BadFeed:
    """The error for a document beyond a bound."""
    return BadFeed("too_complex", f"the document has {what}; that is no feed that can be read", line)


def _refuse_declaration(*_: object) -> NoReturn:
    raise too_complex("a document type inside of it")


def _refuse_reference(*_: object) -> int:
    return 0
