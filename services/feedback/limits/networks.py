"""Addresses as limits see them: by the network that one party usually has for itself."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
PREFIXES = {4: 24, 6: 56}


@lru_cache(maxsize=65_536)
def prefix(address: str) -> str:
    """The network of an address: /24, or /56 of IPv6. What is no address stands for itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if "%" in address:  # it holds on one link only
        return address
    return str(ip_network(f"{found}/{PREFIXES[found.version]}", strict=False))


class Free:
    """The networks whose members are not limited."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._known: dict[str, bool] = {}

    def __contains__(self, address: object) -> bool:
        known = self._known.get(str(address))
        if known is None:
            if len(self._known) > 65_536:
                self._known.clear()
            known = self._known[str(address)] = self._look(str(address))
        return known

    def _look(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if found.version == 6 and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)
