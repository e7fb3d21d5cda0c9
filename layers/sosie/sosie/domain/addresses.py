"""Which client addresses are let in: networks as they are written, and whether an address belongs to one."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return comma-separated networks, such as `203.0.113.0/24, 2001:db8::/32`; an address is a network of one.

    Raises ValueError for anything else, bits behind the prefix included: who writes them means another network.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_let_in(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address belongs to one of the networks. Without any, everybody is let in."""
    if not networks:
        return True
    try:
        found = ip_address(address)
    except ValueError:  # whoever cannot be told cannot be let in
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
