"""Which machines may be reached on behalf of a stranger: those of the public internet, by the registries of IANA."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
Machine = IPv4Address | IPv6Address

# Written out, since what Python calls global differs from release to release.
CLOSED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this machine
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local: what clouds tell their machines, keys among it
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast, reserved, broadcast
            # Of IPv6 only 2000::/3 is given out. Loopback, mapped IPv4, NAT64, ULA, link-local, multicast are outside.
            "::/3",
            "4000::/2",
            "8000::/1",
            "2001::/23",  # Teredo and other protocols
            "2001:db8::/32",
            "2002::/16",  # 6to4: any IPv4 address, inner ones too
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)

PORTS = frozenset({80, 443})
LOWEST_FREE_PORT = 1_024
"""Below are mail, shells and the like."""


def may_be_reached(machine: Machine, opened: Iterable[Network] = ()) -> bool:
    """Whether a machine is on the public internet, or in one of the networks that are opened."""
    if any(machine in network for network in opened):
        return True
    return machine.is_global and not any(machine in network for network in CLOSED)


def is_fit(port: int) -> bool:
    """Whether pictures are served on a port."""
    return port in PORTS or LOWEST_FREE_PORT <= port < 65_536
