"""Hosts that only this machine can reach."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host, without a port and brackets, is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
