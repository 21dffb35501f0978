import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.edge.context.client_address import (
    ProxyHeader,
    TrustedProxies,
    networks,
)
from weir.gateway.edge.origin import Origin, is_host

TRUSTED = networks(("10.0.0.0/8", "fd00::/8", "127.0.0.1"))


def x_forwarded(**fields: str) -> dict[bytes, bytes]:
    return {
        b"host": b"inner",
        **{
            f"x-forwarded-{name}".encode(): value.encode("latin-1")
            for name, value in fields.items()
        },
    }


# peer, X-Forwarded-For -> client, X-Forwarded-For that goes upstream
WALKS = [
    ("192.0.2.1", "203.0.113.9", "192.0.2.1", "192.0.2.1"),
    ("10.0.0.1", "", "10.0.0.1", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9", "203.0.113.9", "203.0.113.9, 10.0.0.1"),
    (
        "10.0.0.1",
        "6.6.6.6, 203.0.113.9, 10.0.0.2",
        "203.0.113.9",
        "203.0.113.9, 10.0.0.2, 10.0.0.1",
    ),
    ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9", "203.0.113.9, 10.0.0.1"),
    ("10.0.0.1", "[2001:db8::1]:80", "2001:db8::1", "2001:db8::1, 10.0.0.1"),
    ("10.0.0.1", "2001:db8::1", "2001:db8::1", "2001:db8::1, 10.0.0.1"),
    ("fd00::1", "203.0.113.9", "203.0.113.9", "203.0.113.9, fd00::1"),
    # What is no address ends the walk at the proxy that reported it.
    ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1", "10.0.0.1"),
    ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2", "10.0.0.2, 10.0.0.1"),
    ("10.0.0.1", "x\xff, ,", "10.0.0.1", "10.0.0.1"),
    ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", "10.0.0.3, 10.0.0.2, 10.0.0.1"),
    # A socket for both families maps the address of a proxy with IPv4.
    ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9", "203.0.113.9, ::ffff:10.0.0.1"),
    # A Unix socket has no address.
    ("", "203.0.113.9", "", ""),
]


@pytest.mark.parametrize(("peer", "claimed", "client", "hops"), WALKS)
def test_the_first_untrusted_hop_from_the_right_is_the_client(
    peer: str, claimed: str, client: str, hops: str
) -> None:
    proxies = TrustedProxies(TRUSTED)

    origin = proxies.origin(peer, "http", x_forwarded(**{"for": claimed}))

    assert (origin.address, origin.hops.decode()) == (client, hops)


def test_without_trusted_proxies_nothing_is_believed() -> None:
    fields = x_forwarded(**{"for": "6.6.6.6"}, proto="https", host="evil")

    origin = TrustedProxies().origin("10.0.0.1", "http", fields)

    assert origin == Origin("10.0.0.1", "http", b"inner", b"10.0.0.1")


@pytest.mark.parametrize(
    ("proto", "host", "expected"),
    [
        ("https", "shop.example", ("https", b"shop.example")),
        ("HTTPS", "shop.example:8443", ("https", b"shop.example:8443")),
        ("http, https", "evil, shop.example", ("https", b"shop.example")),
        ("gopher", "a b", ("http", b"inner")),
        ("", "", ("http", b"inner")),
    ],
)
def test_a_trusted_proxy_tells_scheme_and_host(
    proto: str, host: str, expected: tuple[str, bytes]
) -> None:
    fields = x_forwarded(**{"for": "203.0.113.9"}, proto=proto, host=host)

    origin = TrustedProxies(TRUSTED).origin("10.0.0.1", "http", fields)

    assert (origin.scheme, origin.host) == expected


FORWARDED = [
    ("for=203.0.113.9", "203.0.113.9", "http", b"inner"),
    (
        'for="[2001:db8:cafe::17]:4711";proto=https;host="shop.example:8443"',
        "2001:db8:cafe::17",
        "https",
        b"shop.example:8443",
    ),
    (
        "For=6.6.6.6, For=203.0.113.9;Proto=HTTPS;by=203.0.113.43, for=10.0.0.2",
        "203.0.113.9",
        "https",
        b"inner",
    ),
    ('for="6.6.6.6, for=7.7.7.7", for=203.0.113.9', "203.0.113.9", "http", b"inner"),
    ("for=unknown", "10.0.0.1", "http", b"inner"),
    ("for=_hidden, for=10.0.0.2", "10.0.0.2", "http", b"inner"),
    ("", "10.0.0.1", "http", b"inner"),
    ('for="unfinished', "10.0.0.1", "http", b"inner"),
    # A client opens a quote, so that it ends within what the proxy appends.
    ('for=6.6.6.6;x=", for=203.0.113.9;by="[::1]"', "10.0.0.1", "http", b"inner"),
    ('for=6.6.6.6;x="\\", for="[2001:db8::17]"', "2001:db8::17", "http", b"inner"),
    ('for=6.6.6.6;x="\\"", for="[2001:db8::17]"', "10.0.0.1", "http", b"inner"),
    ('for=6.6.6.6;x="y", for="[2001:db8::17]"', "2001:db8::17", "http", b"inner"),
]


@pytest.mark.parametrize(("value", "client", "scheme", "host"), FORWARDED)
def test_forwarded_is_read_from_the_right(
    value: str, client: str, scheme: str, host: bytes
) -> None:
    fields = {b"host": b"inner", b"forwarded": value.encode()}

    origin = TrustedProxies(TRUSTED, "forwarded").origin("10.0.0.1", "http", fields)

    assert (origin.address, origin.scheme, origin.host) == (client, scheme, host)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_only_the_configured_header_is_read(header: ProxyHeader) -> None:
    other = {
        "x-forwarded-for": {b"forwarded": b"for=6.6.6.6"},
        "forwarded": {b"x-forwarded-for": b"6.6.6.6"},
    }[header]

    origin = TrustedProxies(TRUSTED, header).origin("10.0.0.1", "http", other)

    assert origin.address == "10.0.0.1"


@given(claim=st.binary(max_size=200), peer=st.sampled_from(["10.0.0.1", "1.2.3.4"]))
def test_whatever_is_claimed_the_client_has_an_address(claim: bytes, peer: str) -> None:
    for header in ("x-forwarded-for", "forwarded"):
        proxies = TrustedProxies(TRUSTED, header)

        origin = proxies.origin(peer, "http", {header.encode(): claim})

        ipaddress.ip_address(origin.address)


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=80))
def test_no_untrusted_hop_stands_right_of_the_client(claimed: list[str]) -> None:
    fields = {b"x-forwarded-for": ", ".join(claimed).encode()}

    origin = TrustedProxies(TRUSTED).origin("10.0.0.1", "http", fields)

    proxies = origin.hops.decode().split(", ")[1:]
    assert all(
        any(ipaddress.ip_address(proxy) in network for network in TRUSTED)
        for proxy in proxies
    )


def test_a_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        networks(("10.0.0.0/33",))


@pytest.mark.parametrize(
    "host",
    [b"a", b"shop.example:8443", b"[::1]:4000", b"a_b-c", b"[fe80::1%25eth0]", b"a:"],
)
def test_hosts(host: bytes) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *(b"", b"a b", b"a, b", b"a/b", b"u@a", b"x" * 256),
        *(b"[::1", b"::1", b"::1]", b"a[b]", b"[]", b"[::1]a", b"a:b", b"a:1:2", b":1"),
    ],
)
def test_what_is_no_host(host: bytes) -> None:
    assert not is_host(host)
