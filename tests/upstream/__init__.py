"""Upstreams of our own on loopback, made of threads and raw sockets.

`Upstream` is polite and programmable: feeds with validators, codings and redirects, and a record of who asked for what.
`HostileServer` is neither: each path of it is a script that writes raw bytes, or does not. `Names` answers for a
resolver, `Authority` signs certificates made at test time.
"""

from tests.upstream.authority import Authority, self_signed
from tests.upstream.hostile import SCRIPTS, HostileServer
from tests.upstream.listening import Received, Wire
from tests.upstream.names import Names
from tests.upstream.polite import Resource, Upstream

__all__ = ["SCRIPTS", "Authority", "HostileServer", "Names", "Received", "Resource", "Upstream", "Wire", "self_signed"]
