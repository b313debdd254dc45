"""Whose request it is, by its peer and by what proxies add."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.web.clients import clients

PROXIES = ("10.1.0.0/16", "fd00::/8")


def asked(peer: str | None, forwarded: str | None, proxies: Sequence[str] = PROXIES) -> str:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_REAL_IP": "6.6.6.6"}
    return clients(proxies)({name: value for name, value in environ.items() if value is not None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        pytest.param("192.0.2.7", None, "192.0.2.7", id="nobody between"),
        pytest.param("192.0.2.7", "198.51.100.1", "192.0.2.7", id="a stranger claims to be a proxy"),
        pytest.param("10.1.2.3", "198.51.100.1", "198.51.100.1", id="a proxy"),
        pytest.param("10.1.2.3", None, "10.1.2.3", id="a proxy asks for itself"),
        pytest.param("10.1.2.3", "", "10.1.2.3", id="an empty field"),
        pytest.param("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1", id="the client made something up"),
        pytest.param("10.1.2.3", "6.6.6.6,198.51.100.1,10.1.9.9 , fd00::5", "198.51.100.1", id="three proxies"),
        pytest.param("10.1.2.3", "10.1.0.1, 10.1.0.2", "10.1.0.1", id="proxies alone"),
        pytest.param("10.1.2.3", "6.6.6.6, unknown", "10.1.2.3", id="no address"),
        pytest.param("10.1.2.3", "6.6.6.6, unknown, 10.1.0.2", "10.1.0.2", id="no address behind a proxy"),
        pytest.param("10.1.2.3", "198.51.100.1:4711", "198.51.100.1", id="a port"),
        pytest.param("10.1.2.3", "[2001:db8::1]:4711", "2001:db8::1", id="IPv6 and a port"),
        pytest.param("10.1.2.3", "2001:DB8:0:0::1", "2001:db8::1", id="IPv6 in full"),
        pytest.param("10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1", id="IPv4 in IPv6"),
        pytest.param("::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1", id="a proxy on a socket of both kinds"),
        pytest.param("fd00::1%eth0", "198.51.100.1", "198.51.100.1", id="a proxy with a zone"),
        pytest.param("fe80::1%eth0", None, "fe80::1", id="a zone"),
        pytest.param("", "6.6.6.6, 198.51.100.1", "198.51.100.1", id="a Unix socket"),
        pytest.param("localhost", "198.51.100.1", "198.51.100.1", id="a Unix socket, as waitress calls it"),
        pytest.param("", None, "", id="a Unix socket without a proxy"),
        pytest.param(None, None, "", id="nothing at all"),
        pytest.param("10.1.2.3", "," * 9000, "10.1.2.3", id="commas"),
        pytest.param("10.1.2.3", "6.6.6.6, " * 2000 + "198.51.100.1", "198.51.100.1", id="a long field"),
        pytest.param("10.1.2.3", "198.51.100.1\x00", "10.1.2.3", id="a NUL"),
        pytest.param("10.1.2.3", "１９８.51.100.1", "10.1.2.3", id="digits of another script"),
    ],
)
def test_a_proxy_is_believed_the_address_and_a_stranger_nothing(
    peer: str | None, forwarded: str | None, client: str
) -> None:
    assert asked(peer, forwarded) == client


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("::ffff:192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("2001:DB8::0:1", "198.51.100.1", "2001:db8::1"),
        ("", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_without_proxies_only_a_unix_socket_has_others_behind_it(peer: str, forwarded: str, client: str) -> None:
    assert asked(peer, forwarded, ()) == client


def test_what_is_remembered_stays_right_and_bounded() -> None:
    client = clients(PROXIES)
    for _ in range(2):
        for number in range(5000):
            one = f"192.0.{number // 250}.{number % 250}"
            assert client({"REMOTE_ADDR": "10.1.0.1", "HTTP_X_FORWARDED_FOR": one}) == one
    known = next(cell.cell_contents for cell in client.__closure__ or () if isinstance(cell.cell_contents, dict))
    assert 0 < len(known) <= 4096


_ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(_ADDRESSES, st.text(max_size=12))), _ADDRESSES)
def test_what_a_client_writes_never_moves_it(made_up: list[str], real: str) -> None:
    found = asked("10.1.2.3", ", ".join([*made_up, "192.0.2.99" if _is_proxy(real) else real]))
    assert found == ("192.0.2.99" if _is_proxy(real) else _plain(real))


def _is_proxy(address: str) -> bool:
    return asked(address, "6.6.6.6") == "6.6.6.6"


def _plain(address: str) -> str:
    found = ip_address(address)
    return str(getattr(found, "ipv4_mapped", None) or found)
