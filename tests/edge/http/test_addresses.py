"""Which addresses and ports are public, and what an operator can allow (S1, S8, S9)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.edge.http.addresses import Guard, is_public
from syndicator.errors import ConfigError

NOT_PUBLIC = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "255.255.255.255/32"
)
NOT_PUBLIC_6 = (
    "::/128 ::1/128 fc00::/7 fe80::/10 fec0::/10 ff00::/8 100::/64 2001:db8::/32 64:ff9b:1::/48 2002::/16 2001::/32 "
    "2001::/23 3fff::/20 5f00::/16"
)
EMBEDDING = {
    "compatible": "::/96",
    "mapped": "::ffff:0:0/96",
    "NAT64": "64:ff9b::/96",
}


@pytest.mark.parametrize("network", [IPv4Network(text) for text in NOT_PUBLIC.split()], ids=str)
@given(data=st.data())
def test_s1_ranges_of_ipv4_that_are_not_public(network: IPv4Network, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, network.num_addresses - 1))
    for value in (0, offset, network.num_addresses - 1):
        inner = network.network_address + value
        assert not is_public(inner)
        for embedding in EMBEDDING.values():
            assert not is_public(IPv6Network(embedding).network_address + int(inner))


@pytest.mark.parametrize("network", [IPv6Network(text) for text in NOT_PUBLIC_6.split()], ids=str)
@given(data=st.data())
def test_s1_ranges_of_ipv6_that_are_not_public(network: IPv6Network, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, network.num_addresses - 1))
    assert {is_public(network.network_address + value) for value in (0, offset, network.num_addresses - 1)} == {False}


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.0.1",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2606:2800:220:1::1", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808",
    ],
)  # fmt: skip
def test_s1_what_lies_between_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_s1_nothing_is_public_that_python_knows_to_be_reserved(address: IPv6Address) -> None:
    if is_public(address) and address.ipv4_mapped is None:
        assert not any((address.is_private, address.is_multicast, address.is_loopback, address.is_link_local))


def test_s8_an_operator_allows_networks() -> None:
    guard = Guard(["10.1.0.0/16", "fd00::/8", "192.168.1.5"])
    asked = ["10.1.2.3", "10.2.0.1", "fd12::1", "fc00::1", "192.168.1.5", "192.168.1.6", "::ffff:10.1.2.3", "8.8.8.8"]
    allowed = [text for text in asked if guard.allows(ip_address(text))]
    assert allowed == ["10.1.2.3", "fd12::1", "192.168.1.5", "::ffff:10.1.2.3", "8.8.8.8"]


def test_s8_the_list_of_one_client_is_not_that_of_another() -> None:
    feeds, hubs = Guard(["10.0.0.0/8"]), Guard(["172.16.0.0/12"], section="push")
    inside = IPv4Address("10.0.0.1")
    assert (feeds.allows(inside), hubs.allows(inside)) == (True, False)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("ten", 'no network; give it in CIDR form, like "10.0.0.0/8"'),
        ("10.0.0.0/33", "no network"),
        ("", "no network"),
        ("10.0.0.1/8", 'write "10.0.0.0/8" for all of it'),
        ("0.0.0.0/0", "too wide"),
        ("128.0.0.0/1", "too wide"),
        ("::/0", "too wide"),
    ],
)
def test_s8_there_is_no_switch_that_allows_everything_and_no_guessing(network: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Guard([network])
    assert str(caught.value).startswith(f'[polling] allow_networks: "{network}" is')
    assert said in str(caught.value)


def test_s9_ports() -> None:
    guard = Guard(allow_ports=[81, "9000", "8000 - 8002"])
    allowed = [port for port in range(1, 65536) if guard.allows_port(port)]
    assert allowed == [80, 81, 443, 8000, 8001, 8002, 8080, 8443, 9000]


@pytest.mark.parametrize("port", ["http", "", "0", 0, 65536, "1-70000", "9-8", "-5", "1-2-3", "٣", True, 80.5])
def test_s9_what_is_no_port(port: int | str) -> None:
    with pytest.raises(ConfigError, match=r"^\[push\] allow_ports: .* is no port; give numbers from 1 to 65535 or"):
        Guard(allow_ports=[port], section="push")
