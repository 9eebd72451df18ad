"""Addresses of callers and the networks that they are held to: how they are read, and when two are one (§11).

An IPv4 address inside IPv6 (`::ffff:192.0.2.7`) is that IPv4 address, asked or stored; a network of such addresses is
that IPv4 network. Every door reads them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_IPV4_INSIDE = IPv6Network("::ffff:0:0/96")
_IPV4_BITS = 2**32 - 1


def read_address(text: str) -> Address:
    """The address that is written here, without the zone of the machine that wrote it. Raises ValueError."""
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    return found.ipv4_mapped or IPv6Address(int(found))


@lru_cache(maxsize=10_000)
def read_network(text: str, *, strict: bool = True) -> Network:
    """The network, or the one address, that is written here. Raises ValueError.

    strict: refuses an address with bits beyond its network's, as in 10.0.0.1/8; what is stored may be of another time.
    """
    if "%" in text:
        raise ValueError("A network has no zone.")
    found = ip_network(text, strict=strict)
    if isinstance(found, IPv6Network) and found.subnet_of(_IPV4_INSIDE):
        return IPv4Network((int(found.network_address) & _IPV4_BITS, found.prefixlen - _IPV4_INSIDE.prefixlen))
    return found


def plain_networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Networks as they are stored: each in its one form (127.0.0.1 is 127.0.0.1/32) and once, in their order.

    What is no network stays as it is, for whoever checks it to tell.
    """
    return tuple(dict.fromkeys(_plain(text) for text in texts))


def _plain(text: str) -> str:
    try:
        return str(read_network(text))
    except ValueError:
        return text


def is_inside(address: Address, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks."""
    return any(address in read_network(network, strict=False) for network in networks)


def are_inside(inner: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether every network lies within one of the outer ones; no network means anywhere."""
    wide = [read_network(text, strict=False) for text in outer]
    return bool(inner) and all(any(_lies_in(read_network(text, strict=False), one) for one in wide) for text in inner)


def _lies_in(network: Network, wide: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(wide, IPv4Network) and network.subnet_of(wide)
    return isinstance(wide, IPv6Network) and network.subnet_of(wide)


def one_inside(networks: Sequence[str]) -> str | None:
    """An address from which whoever is held to these networks may call; None where nothing holds them."""
    return str(read_network(networks[0], strict=False)[0]) if networks else None
