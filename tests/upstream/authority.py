"""A certificate authority made at test time, and what its servers show."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import trustme


class Authority:
    """Signs certificates of servers; `client()` is a context that trusts it and nobody else."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's context whose certificate is for these names and addresses (127.0.0.1 where none is given)."""
        now = datetime.now(UTC)
        certificate = self._ca.issue_cert(
            *(names or ("127.0.0.1",)),
            not_before=now - timedelta(days=30),
            not_after=now + timedelta(days=-1 if expired else 30),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """A client's context that verifies against this authority."""
        context = ssl.create_default_context()
        self._ca.configure_trust(context)
        return context
