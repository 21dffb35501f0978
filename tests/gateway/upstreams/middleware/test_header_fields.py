"""The rules of a service name the fields that it is sent and that clients get."""

from dataclasses import dataclass, field

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.memory_upstream import CallsOnly
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.header_fields import HeaderFields
from weir.gateway.upstreams.model.header_rules import (
    OF_THE_GATEWAY,
    HeaderRules,
    may_be_forwarded,
    may_be_returned,
    may_be_set,
)

OF_GATEWAY = ((b"x-request-id", b"r1"), (b"x-forwarded-for", b"192.0.2.7"))
OF_CLIENT = {
    b"authorization": b"Bearer secret",
    b"cookie": b"session=1",
    b"accept-language": b"de",
    b"connection": b"keep-alive, X-Hop",
    b"x-hop": b"1",
}


@dataclass
class Service(CallsOnly):
    """Responds with `fields`, and records what it was sent."""

    fields: Headers = ()
    sent: list[Headers] = field(default_factory=list[Headers])

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        self.sent.append(request.headers + context.forwarded)
        return UpstreamResponse(status=200, headers=self.fields, body=b"")


def client() -> RequestContext:
    return structs.replace(request_context(OF_GATEWAY), client_headers=OF_CLIENT)


@pytest.mark.parametrize(
    ("rules", "sent"),
    [
        (HeaderRules(response=frozenset({b"x-a"})), OF_GATEWAY),
        (
            HeaderRules(forward=(b"accept-language", b"x-none")),
            (*OF_GATEWAY, (b"accept-language", b"de")),
        ),
        (
            HeaderRules(forward=(b"authorization",)),
            (*OF_GATEWAY, (b"authorization", b"Bearer secret")),
        ),
        # RFC 9110 §7.6.1: what the client marks as hop-by-hop is not forwarded.
        (HeaderRules(forward=(b"x-hop",)), OF_GATEWAY),
        (
            HeaderRules(remove=frozenset({b"x-forwarded-for"})),
            ((b"x-request-id", b"r1"),),
        ),
    ],
)
async def test_a_service_is_sent_what_its_rules_name(
    rules: HeaderRules, sent: Headers
) -> None:
    service = Service()
    response = await HeaderFields(service, service, rules).call(
        upstream_request(), client()
    )

    assert service.sent == [sent]
    assert response.of_client == sent[len(OF_GATEWAY) :]


async def test_a_client_gets_the_fields_of_the_rules_and_no_others() -> None:
    service = Service(((b"set-cookie", b"a=1"), (b"x-secret", b"1"), (b"x-a", b"2")))
    rules = HeaderRules(response=frozenset({b"set-cookie", b"x-a"}))
    context = client()

    await HeaderFields(service, service, rules).call(upstream_request(), context)

    assert context.returned == [((b"set-cookie", b"a=1"), (b"x-a", b"2"))]


async def test_without_rules_for_responses_a_client_gets_none() -> None:
    service = Service(((b"set-cookie", b"a=1"),))
    context = client()

    rules = HeaderRules(forward=(b"cookie",))
    await HeaderFields(service, service, rules).call(upstream_request(), context)

    assert context.returned == []


@pytest.mark.parametrize(
    "name",
    [
        *OF_THE_GATEWAY,
        *(b"host", b"via", b"te", b"content-type", b"", b"a b"),
        *(b"x-forwarded-client-cert", b"x_forwarded_client_cert"),
    ],
)
def test_fields_of_the_gateway_and_of_a_connection_are_not_forwarded(
    name: bytes,
) -> None:
    assert not may_be_forwarded(name)


def test_fields_of_callers_may_be_forwarded_set_and_returned() -> None:
    assert may_be_forwarded(b"authorization")
    assert may_be_set(b"authorization")
    assert may_be_set(b"x-forwarded-host")
    assert may_be_returned(b"set-cookie")


@pytest.mark.parametrize("name", [b"host", b"content-length", b"traceparent", b"te"])
def test_fields_of_a_message_or_an_attempt_cannot_be_set(name: bytes) -> None:
    assert not may_be_set(name)


@pytest.mark.parametrize(
    "name",
    [b"cache-control", b"vary", b"content-encoding", b"access-control-allow-origin"],
)
def test_fields_that_the_gateway_writes_are_not_returned(name: bytes) -> None:
    assert not may_be_returned(name)
