"""The header fields by which browsers protect users."""

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import HandlerFront, OneFront, text
from tests.support.memory_exchange import MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.route_steps.security_headers import (
    SecurityHeaders,
    security_header_steps,
)
from weir.gateway.edge.steps import BASE_STEPS
from weir.gateway.errors import NotFound

DEFAULT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
YEAR = {"strict-transport-security": "max-age=31536000"}
NAMES = {*DEFAULT, *YEAR, "permissions-policy"}
NOTHING = SecurityHeaders(
    content_type_options=False,
    referrer_policy=None,
    cross_origin_resource_policy=None,
    strict_transport_s=None,
)


async def _respond(request: Request, context: RequestContext) -> Response:
    if request.head.path == "/missing":
        raise NotFound
    if request.head.path == "/own":
        context.returned.append(((b"referrer-policy", b"same-origin"),))
    return text(b"hello")


async def fields(
    policy: SecurityHeaders, sent: dict[str, str], path: str = "/", scheme: str = "http"
) -> dict[str, str]:
    front = OneFront(
        HandlerFront(_respond), steps=BASE_STEPS.then(security_header_steps(policy))
    )
    pipeline = Pipeline(
        EdgeOptions(trusted_proxies=networks(("192.0.2.7",))),
        sink=RecordingSink(),
        clock=FakeClock(),
    )
    pipeline.serve(front)
    lines = [(name.encode(), value.encode()) for name, value in sent.items()]
    head = structs.replace(request_head(path, headers=lines), scheme=scheme)
    exchange = await MemoryExchange(head).run(pipeline)
    assert exchange.response is not None
    headers = exchange.response.headers
    found = [(name.decode(), value.decode()) for name, value in headers]
    assert len(found) == len(dict(found))
    return {name: value for name, value in found if name in NAMES}


@pytest.mark.parametrize("path", ["/", "/missing"])
async def test_every_response_has_the_fields(path: str) -> None:
    assert await fields(SecurityHeaders(), {}, path) == DEFAULT


async def test_only_responses_over_tls_require_it() -> None:
    policy = SecurityHeaders()
    by_proxy = {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"}

    assert await fields(policy, {}, scheme="https") == DEFAULT | YEAR
    assert await fields(policy, by_proxy) == DEFAULT | YEAR


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NOTHING, {}),
        (
            SecurityHeaders(
                referrer_policy="same-origin",
                cross_origin_resource_policy="cross-origin",
                permissions_policy="geolocation=()",
                strict_transport_s=60.0,
            ),
            {
                "x-content-type-options": "nosniff",
                "referrer-policy": "same-origin",
                "cross-origin-resource-policy": "cross-origin",
                "permissions-policy": "geolocation=()",
                "strict-transport-security": "max-age=60",
            },
        ),
    ],
)
async def test_each_field_is_changed_or_removed(
    policy: SecurityHeaders, expected: dict[str, str]
) -> None:
    assert await fields(policy, {}, scheme="https") == expected


async def test_a_returned_field_of_a_service_is_the_only_one_of_its_name() -> None:
    expected = DEFAULT | {"referrer-policy": "same-origin"}

    assert await fields(SecurityHeaders(), {}, "/own") == expected
