"""CORS: what a preflight gets, and who may read a response."""

import pytest

from tests.support.calls import RecordingSink
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import HandlerFront, OneFront, text
from tests.support.memory_exchange import MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.route_steps.cors import (
    CorsPolicy,
    InvalidOrigin,
    allows_origin,
    cors_steps,
)
from weir.gateway.edge.steps import BASE_STEPS
from weir.gateway.errors import NotFound

SHOP = "https://shop.example"
PREFLIGHT = {
    "origin": SHOP,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type, x-app",
}
NONE = dict[str, str]()


async def _respond(request: Request, _: RequestContext) -> Response:
    if request.head.path == "/missing":
        raise NotFound
    return text(b"hello")


async def fields(
    policy: CorsPolicy,
    sent: dict[str, str],
    method: str = "GET",
    path: str = "/",
    status: int = 200,
) -> dict[str, str]:
    """Return the CORS fields of a response, and its Vary."""
    steps = BASE_STEPS.then(cors_steps(policy))
    pipeline = Pipeline(
        EdgeOptions(compression=None), sink=RecordingSink(), clock=FakeClock()
    )
    pipeline.serve(OneFront(HandlerFront(_respond), steps=steps))
    lines = [(name.encode(), value.encode()) for name, value in sent.items()]
    head = request_head(path, method=method, headers=[(b"host", b"a"), *lines])

    exchange = await MemoryExchange(head).run(pipeline)

    assert exchange.status == status
    assert exchange.response is not None
    return {
        name.decode().removeprefix("access-control-"): value.decode()
        for name, value in exchange.response.headers
        if name == b"vary" or name.startswith(b"access-control-")
    }


@pytest.mark.parametrize(
    ("policy", "sent", "expected"),
    [
        (CorsPolicy(origins=(SHOP,)), NONE, {"vary": "origin"}),
        (
            CorsPolicy(origins=(SHOP,), expose=("etag",)),
            {"origin": SHOP},
            {"vary": "origin", "allow-origin": SHOP, "expose-headers": "etag"},
        ),
        (
            CorsPolicy(origins=(SHOP,)),
            {"origin": "https://other.example"},
            {"vary": "origin"},
        ),
        (
            CorsPolicy(origins=(SHOP,), credentials=True, expose=()),
            {"origin": SHOP},
            {"vary": "origin", "allow-origin": SHOP, "allow-credentials": "true"},
        ),
        (CorsPolicy(origins=("*",)), NONE, {}),
        (
            CorsPolicy(origins=("*",), expose=()),
            {"origin": SHOP},
            {"allow-origin": "*"},
        ),
    ],
)
async def test_a_response_names_the_origin_that_may_read_it(
    policy: CorsPolicy, sent: dict[str, str], expected: dict[str, str]
) -> None:
    assert await fields(policy, sent) == expected


async def test_an_error_can_be_read_as_well() -> None:
    policy = CorsPolicy(origins=(SHOP,), expose=())

    found = await fields(policy, {"origin": SHOP}, path="/missing", status=404)

    assert found == {"vary": "origin", "allow-origin": SHOP}


VARY = "origin, access-control-request-method, access-control-request-headers"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"


@pytest.mark.parametrize(
    ("policy", "sent", "expected"),
    [
        (
            CorsPolicy(origins=(SHOP,)),
            PREFLIGHT,
            {
                "vary": VARY,
                "allow-origin": SHOP,
                "allow-methods": METHODS,
                "allow-headers": "content-type, x-app",
                "max-age": "7200",
            },
        ),
        (
            CorsPolicy(origins=(SHOP,), methods=("GET",), headers=("x-app",)),
            PREFLIGHT,
            {
                "vary": VARY,
                "allow-origin": SHOP,
                "allow-methods": "GET",
                "allow-headers": "x-app",
                "max-age": "7200",
            },
        ),
        (
            CorsPolicy(origins=(SHOP,), private_network=True, max_age_s=0),
            {
                "origin": SHOP,
                "access-control-request-method": "GET",
                "access-control-request-private-network": "true",
            },
            {
                "vary": VARY,
                "allow-origin": SHOP,
                "allow-methods": METHODS,
                "max-age": "0",
                "allow-private-network": "true",
            },
        ),
        (
            CorsPolicy(origins=(SHOP,)),
            PREFLIGHT | {"origin": "https://other.example"},
            {"vary": VARY},
        ),
    ],
)
async def test_a_preflight_gets_what_is_allowed(
    policy: CorsPolicy, sent: dict[str, str], expected: dict[str, str]
) -> None:
    assert await fields(policy, sent, "OPTIONS", status=204) == expected


async def test_a_preflight_cannot_inject_header_fields() -> None:
    names = "x\x0b, " + "y" * 5000
    sent = PREFLIGHT | {"access-control-request-headers": names}

    found = await fields(CorsPolicy(origins=(SHOP,)), sent, "OPTIONS", status=204)

    assert "allow-headers" not in found


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        (SHOP, SHOP, True),
        (SHOP, "http://shop.example", False),
        (SHOP, SHOP + ":8443", False),
        (SHOP, SHOP + ".evil.example", False),
        ("https://*.shop.example", "https://a.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", SHOP, False),
        ("https://*.shop.example", "https://.shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("https://*.shop.example", "https://evil.example/.shop.example", False),
        ("https://*.shop.example", "https://u@a.shop.example", False),
        ("https://*.shop.example", "http://a.shop.example", False),
        ("https://*.shop.example:8443", "https://a.shop.example:8443", True),
        ("https://*.shop.example:8443", "https://a.shop.example", False),
        (SHOP, "null", False),
        ("*", "null", True),
    ],
)
def test_an_origin_is_allowed_exactly_or_by_a_fixed_suffix(
    pattern: str, origin: str, *, allowed: bool
) -> None:
    allows = allows_origin(CorsPolicy(origins=(pattern,)))

    assert bool(allows(origin)) is allowed


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example",
        "https://shop.example/",
        "https://shop.example/path",
        "https://*",
        "https://*shop.example",
        "https://a.*.example",
        "https://Shop.example",
        "null",
        "",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused(origin: str) -> None:
    with pytest.raises(InvalidOrigin):
        CorsPolicy(origins=(origin,))


def test_a_plain_options_request_is_not_a_preflight() -> None:
    (guard,) = cors_steps(CorsPolicy(origins=(SHOP,))).guards

    origin = Origin("192.0.2.1", "http", b"", b"")

    assert guard(request_head("/", method="OPTIONS"), origin) is None
