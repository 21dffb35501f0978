"""The caller's identity in header fields: values, copies of clients, cache rules."""

from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from weir.bffs.in_memory.transport import MemoryStream
from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.header_fields import HeaderFields
from weir.gateway.upstreams.model.header_rules import HeaderRules, may_name_caller
from weir.gateway.upstreams.model.identity_field import IdentityField, is_source

ANN = Identity(
    method="jwt",
    subject="ann",
    issuer="https://issuer.test",
    client_id="app",
    scopes=frozenset({"write", "read", "x\tadmin", "x\u2003admin", "\u00a0"}),
    roles=frozenset({"editor", "admin", "a,b", "\u00a0root", "team lead"}),
    claims=MappingProxyType(
        {
            "tenant": "t 1",
            "name": "Zoë",
            "level": 7,
            "staff": True,
            "teams": ("a", "b"),
            "realm": MappingProxyType({"id": "r1", "of": ({"x": None},)}),
            "split": "a\r\nx-admin: 1",
            "spaced": " a",
            "null": None,
            "empty": "",
        }
    ),
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("subject", b"ann"),
        ("issuer", b"https://issuer.test"),
        ("client_id", b"app"),
        ("method", b"jwt"),
        ("scopes", b"read write"),
        # A service would read some names as two, or as another one.
        ("roles", b"admin,editor,team lead"),
        ("claims.tenant", b"t 1"),
        ("claims.name", "Zoë".encode()),
        ("claims.level", b"7"),
        ("claims.staff", b"true"),
        ("claims.teams", b'["a","b"]'),
        ("claims.realm.id", b"r1"),
        ("claims.realm", b'{"id":"r1","of":[{"x":null}]}'),
        ("claims.split", None),
        ("claims.spaced", None),
        ("claims.null", None),
        ("claims.empty", None),
        ("claims.none", None),
        ("claims.tenant.none", None),
    ],
)
def test_a_field_has_a_part_of_the_identity(source: str, value: bytes | None) -> None:
    assert is_source(source)
    assert IdentityField(b"x-a", source).value(ANN) == value


@pytest.mark.parametrize("text", ["", "sub", "claims", "claims.", "Subject"])
def test_other_texts_are_no_sources(text: str) -> None:
    assert not is_source(text)


@pytest.mark.parametrize(
    "name", [b"authorization", b"cookie", b"host", b"x-forwarded-for", b"x a"]
)
def test_credentials_and_fields_of_the_gateway_do_not_name_callers(name: bytes) -> None:
    assert not may_name_caller(name)


@dataclass
class Service:
    """Responds with `fields`, and records the fields that it was sent."""

    fields: Headers = ()
    sent: list[Headers] = field(default_factory=list[Headers])

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        self.sent.append(request.headers + context.forwarded)
        return UpstreamResponse(status=200, headers=self.fields, body=b"")

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        del body
        self.sent.append(request.headers + context.forwarded)
        return MemoryStream(UpstreamResponse(status=200, headers=self.fields, body=b""))


RULES = HeaderRules(
    forward=(b"x-lang",),
    identity=(
        IdentityField(b"x-user-id", "subject"),
        IdentityField(b"x-tenant", "claims.tenant"),
    ),
    credentials=(b"authorization", b"x-key"),
)
COPIES = (
    (b"x-user-id", b"root"),
    (b"X-User-ID", b"root"),
    (b"x_user_id", b"root"),
    (b"X-Tenant", b"all"),
    (b"x-other", b"1"),
)
OF_ANN = ((b"x-user-id", b"ann"), (b"x-tenant", b"t 1"))


def context_of(identity: Identity) -> RequestContext:
    sent = {b"x-user-id": b"root", b"x-tenant": b"all", b"x-lang": b"de"}
    return structs.replace(request_context(()), identity=identity, client_headers=sent)


@pytest.mark.parametrize(("identity", "fields"), [(ANN, OF_ANN), (ANONYMOUS, ())])
async def test_a_service_gets_the_fields_from_the_gateway_alone(
    identity: Identity, fields: Headers
) -> None:
    service = Service()
    layer = HeaderFields(service, service, RULES)
    request = structs.replace(upstream_request(), headers=COPIES)

    response = await layer.call(request, context_of(identity))
    await layer.open(request, context_of(identity))

    of_client = ((b"x-lang", b"de"), *fields)
    assert service.sent == [((b"x-other", b"1"), *of_client)] * 2
    assert response.of_client == of_client


CONTROL = b"cache-control"
PUBLIC = ((CONTROL, b"public, max-age=60"),)
CACHED = [
    # Caches in front of the gateway do not see the field that Vary lists.
    (
        (*PUBLIC, (b"vary", b"Accept, X-User-ID")),
        ((CONTROL, b"private, max-age=60"), (b"vary", b"accept")),
        (*PUBLIC, (b"vary", b"accept, authorization, x-key")),
    ),
    (
        ((CONTROL, b"max-age=60"),),
        ((CONTROL, b"private, max-age=60"),),
        ((CONTROL, b"max-age=60"), (b"vary", b"authorization, x-key")),
    ),
    (
        ((b"vary", b"X-Key"),),
        ((CONTROL, b"private"), (b"vary", b"x-key")),
        ((b"vary", b"x-key, authorization"),),
    ),
    (((CONTROL, b"no-store"),), ((CONTROL, b"no-store"),), ((CONTROL, b"no-store"),)),
    (PUBLIC, PUBLIC, PUBLIC),
]


@pytest.mark.parametrize(("fields", "of_ann", "of_anonymous"), CACHED)
async def test_a_response_that_depends_on_the_fields_is_not_for_other_callers(
    fields: Headers, of_ann: Headers, of_anonymous: Headers
) -> None:
    service = Service(fields)
    layer = HeaderFields(service, service, RULES)

    for identity, expected in ((ANN, of_ann), (ANONYMOUS, of_anonymous)):
        response = await layer.call(upstream_request(), context_of(identity))
        stream = await layer.open(upstream_request(), context_of(identity))

        assert response.headers == stream.headers == expected


async def test_without_such_fields_a_response_is_as_it_was() -> None:
    service = Service(((CONTROL, b"max-age=60"), (b"vary", b"x-user-id")))
    layer = HeaderFields(service, service, HeaderRules(forward=(b"x-lang",)))

    response = await layer.call(upstream_request(), context_of(ANN))

    assert response.headers == service.fields
