"""How feedparser names the elements of a document, and whether that is the same without some of its entries.

feedparser keeps the namespaces that it has met from one entry to the next. As long as all of a document agrees on what
its prefixes mean, each entry is named as if it stood alone.
"""

from __future__ import annotations

from syndicator.core.upstream.feedparsing import namespaces
from syndicator.core.upstream.limits import MAX_NAMESPACES, too_complex

_USERLAND = "backend.userland.com/rss"
_VERSIONS = frozenset(
    {"http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/", "http://www.w3.org/2005/atom"}
)


class Naming:
    """The namespace declarations of a document as they are met. `odd` says what entries do not agree on."""

    def __init__(self) -> None:
        self.odd: str | None = None
        self.versioned = False
        self._within: bool | None = None
        self._standard = namespaces()
        self._prefixes = frozenset(self._standard.values())
        self._met: set[tuple[str | None, str]] = set()
        self._pending: list[tuple[str | None, str]] = []
        self._in_head: dict[str, str] = {}
        self._in_entries: dict[str, str] = {}
        self._uses: dict[str, str] = {}
        self._maps: dict[str, str | None] = {}

    def declared(self, prefix: str | None, uri: str | None) -> None:
        """A declaration, before the element that it stands on. Raises BadFeed for too many of them."""
        if not uri or (prefix, uri) in self._met:
            return
        if len(self._met) >= MAX_NAMESPACES:
            raise too_complex(f"more than {MAX_NAMESPACES:,} namespaces")
        self._met.add((prefix, uri))
        self._pending.append((prefix, uri))
        if self._within is not None:
            self._settle_all(self._within)

    def enter(self, in_entry: bool) -> None:
        """An element begins, an entry or another of the head: what was just declared stands on it."""
        if self._pending:
            self._settle_all(in_entry)
        self._within = in_entry

    def leave(self) -> None:
        """That element has ended, or holds others that are looked at one by one."""
        self._within = None

    def _settle_all(self, in_entry: bool) -> None:
        while self._pending:
            prefix, uri = self._pending.pop(0)
            self._settle(prefix, uri, in_entry)

    def name(self, expat_name: str) -> str:
        """feedparser's name for `namespace local`: `title`, `media_title`, `prefix_local`."""
        uri, _, local = expat_name.rpartition(" ")
        prefix = self._prefix(uri)
        if prefix is None:
            prefix = self._in_head.get(uri) or self._in_entries.get(uri) or self._just_declared(uri)
        return f"{prefix}_{local}".lower() if prefix else local.lower()

    def _just_declared(self, uri: str) -> str:
        return next((prefix for prefix, declared in self._pending if prefix and declared == uri), "")

    def _prefix(self, uri: str) -> str | None:
        lower = uri.lower()
        return "" if _USERLAND in lower else self._standard.get(lower)

    def _settle(self, prefix: str | None, uri: str, in_entry: bool) -> None:
        standard = self._prefix(uri)
        if uri.lower() in _VERSIONS:
            if in_entry and not self.versioned:
                self.odd = self.odd or "an entry tells the version of the feed"
            self.versioned = True
        if standard is None:
            self._settle_unknown(prefix or "", uri, in_entry)
        slot = prefix if standard is None else standard
        if slot and self._uses.setdefault(slot, uri) != uri:
            self._uses[slot] = uri
            self._differs(slot, in_entry)
        if prefix:
            if self._maps.setdefault(prefix, standard) != standard:
                self._maps[prefix] = standard
                self._differs(prefix, in_entry)
            if standard is not None and prefix.lower() != standard and prefix.lower() in self._prefixes:
                self._differs(prefix, True)

    def _settle_unknown(self, prefix: str, uri: str, in_entry: bool) -> None:
        if not in_entry:
            self._in_head[uri] = self._in_head.get(uri) or prefix
        elif not self._in_head.get(uri):
            former = self._in_entries.setdefault(uri, self._in_head.get(uri, prefix))
            if former != prefix:
                self._differs(prefix, True)

    def _differs(self, prefix: str, matters: bool) -> None:
        if matters:
            self.odd = self.odd or f"the prefix {prefix!r} means several things"
