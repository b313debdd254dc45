"""The client as tests use it, against servers of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from syndicator.edge.http import Client, Limits
from syndicator.errors import FetchError
from syndicator.model import Request
from tests.upstream import HostileServer, Upstream

LOOPBACK = ("127.0.0.0/8", "::1/128")
ANY_PORT = ("1024-65535",)

QUICK = Limits(connect=0.3, tls=0.3, idle=0.25, total=0.6)
"""So that a test of a deadline takes no longer than that."""

Make = Callable[..., Client]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes clients that may ask servers on loopback unless told otherwise, and closes them."""
    made: list[Client] = []

    def one(**options: object) -> Client:
        given = {"user_agent": "syndicator/test", "allow_networks": LOOPBACK, "allow_ports": ANY_PORT, **options}
        made.append(Client(**given))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for client in made:
        client.close()


@pytest.fixture
def client(make: Make) -> Client:
    return make()


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        upstream.set("/feed.xml", "<feed/>", etag='"1"')
        yield upstream


def refusal(client: Client, url: str, **more: object) -> FetchError:
    """The error that asking for this URL ends in."""
    with pytest.raises(FetchError) as caught:
        client.fetch(Request(url=url, **more))  # type: ignore[arg-type]
    return caught.value
