"""The one way in which a request leaves us. Every other HTTP client is forbidden, by a test on imports.

How it is safe: an address is looked up once, what the lookup gave is checked, and what was checked is connected to, at
every hop; each answer is bounded in time, bytes and codings while it is read. Redirects are ours, not the library's.
"""

from syndicator.edge.http.client import Client
from syndicator.edge.http.limits import Limits

__all__ = ["Client", "Limits"]
