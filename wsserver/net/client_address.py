"""Say for which address a request counts, behind proxies too.

Knows addresses and the form of `X-Forwarded-For`; knows no sockets and no limits.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](:[0-9]+)?|(?P<four>[0-9.]+):[0-9]+")

_HOME_BITS = 64
"""Of an IPv6 address, what one household or machine shares; it may choose the rest freely."""


def client_address(peer: str, forwarded_for: Sequence[str], trusted_hops: int) -> str:
    """Give the address that counts; empty if the *peer* has none, as on a Unix socket.

    The last *trusted_hops* entries were written by proxies of ours: the first of those names the
    client, and what stands before it anybody may have written.
    """
    if trusted_hops and forwarded_for:
        entry = forwarded_for[-min(trusted_hops, len(forwarded_for))]
        if named := _normal(entry):
            return named
    return _normal(peer)


def peer_address(name: object) -> str:
    """Give the address in what a socket calls its peer; empty if there is none in it."""
    return str(name[0]) if isinstance(name, tuple) and name else ""


def _normal(text: str) -> str:
    if match := _WITH_PORT.fullmatch(text):
        text = match["six"] or match["four"] or ""
    try:
        found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _HOME_BITS), strict=False))
    return str(found)
