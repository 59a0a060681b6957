"""The addresses under which other machines reach this one.

Knows the routing table through the socket library; sends nothing.
"""

import socket
from contextlib import suppress

# Addresses for documentation (RFC 5737, RFC 3849): a UDP socket that is connected to one sends
# nothing, but takes the address of this machine that would be used.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def network_addresses() -> list[str]:
    """Give this machine's address on its network, for each IP version that has a way out."""
    addresses = []
    for family, address in _OUTSIDE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as outside:
            outside.connect((address, 9))
            addresses.append(str(outside.getsockname()[0]))
    return [address for address in addresses if address]  # none without a way out
