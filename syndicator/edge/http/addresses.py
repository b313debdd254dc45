"""Which addresses and ports may be asked: the public ones, and what an operator allows beside them.

Pure. Judged is the address that is connected to, never the text of a URL (security.md S1, S2, S8, S9).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from syndicator.errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = (range(80, 81), range(443, 444), range(8080, 8081), range(8443, 8444))

_NOT_PUBLIC = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")

_WIDEST = {4: 8, 6: 7}
_RANGE = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", re.ASCII)


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet.

    Of IPv6 that is global unicast without the ranges for documentation, protocols and tunnels to IPv4 (6to4, Teredo),
    and a public IPv4 address behind NAT64 (RFC 6052) or mapped into IPv6.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST and not any(address in network for network in _NOT_PUBLIC_6)


class Guard:
    """Public addresses and the usual ports, with what an operator adds.

    `allow_networks` are networks in CIDR form, `allow_ports` numbers or ranges ("8000-8999"). `section` is the one of
    the configuration that names them. Raises ConfigError. There is no way to allow everything.
    """

    def __init__(
        self, allow_networks: Sequence[str] = (), allow_ports: Sequence[int | str] = (), section: str = "polling"
    ) -> None:
        self.section = section
        self._networks = tuple(self._network(text) for text in allow_networks)
        self._ports = (*PORTS, *(self._range(text) for text in allow_ports))

    def allows(self, address: Address) -> bool:
        """Whether this address may be connected to."""
        if is_public(address):
            return True
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(address in network or (plain is not None and plain in network) for network in self._networks)

    def allows_port(self, port: int) -> bool:
        """Whether this port may be connected to."""
        return any(port in ports for ports in self._ports)

    def _network(self, text: str) -> Network:
        key = f"[{self.section}] allow_networks"
        try:
            network = ip_network(str(text).strip(), strict=False)
        except ValueError as error:
            raise ConfigError(
                f'{key}: "{text}" is no network; give it in CIDR form, like "10.0.0.0/8" or "192.168.1.5/32"'
            ) from error
        if network.network_address != ip_address(str(text).strip().partition("/")[0]):
            raise ConfigError(f'{key}: "{text}" is an address within a network; write "{network}" for all of it')
        if network.prefixlen < _WIDEST[network.version]:
            raise ConfigError(f'{key}: "{text}" is too wide; name the networks that are yours, /8 at the widest')
        return network

    def _range(self, given: int | str) -> range:
        match = None if isinstance(given, bool) else _RANGE.fullmatch(str(given))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 0 < first <= last <= 65535:
            raise ConfigError(
                f'[{self.section}] allow_ports: "{given}" is no port; give numbers from 1 to 65535 or ranges, '
                'like 8000 or "8000-8999"'
            )
        return range(first, last + 1)


def parsed(text: str) -> Address | None:
    """An address written as software writes it, as a resolver gives it; None for every other way to write one."""
    try:
        return ip_address(text)
    except ValueError:
        return None
