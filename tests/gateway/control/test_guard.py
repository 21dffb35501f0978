"""The control port serves its own hosts, addresses, pages and tokens only."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.asgi_client import Client, http_scope
from tests.support.calls import RecordingSink
from weir.gateway.control.access import (
    ControlAccess,
    ControlToken,
    token_digest,
    token_of,
)
from weir.gateway.control.middleware.guard import Guard, admit
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.route_steps.addresses import AddressPolicy
from weir.gateway.errors import WeirError
from weir.gateway.events import ControlDecision
from weir.gateway.server.asgi import Receive, Scope, Send

LOCAL = "127.0.0.1"
READER = ControlToken(name="prometheus", digest=token_digest("reader-0123456789"))
OPERATOR = ControlToken(
    name="deploy", digest=token_digest("operator-0123456789"), operates=True
)
WITH_TOKENS = ControlAccess(tokens=(READER, OPERATOR))


def refusal(
    access: ControlAccess,
    method: str = "GET",
    host: str = "localhost:4001",
    address: str = LOCAL,
    **fields: str,
) -> str:
    headers = {b"host": host.encode()}
    headers |= {name.encode(): text.encode() for name, text in fields.items()}
    try:
        admit(access, method, headers, address, token_of(access.tokens, headers))
    except WeirError as error:
        return error.code
    return ""


HOSTS = [
    ("localhost", True),
    ("LOCALHOST:4001", True),
    ("127.0.0.1:4001", True),
    ("[::1]:4001", True),
    ("10.1.2.3:4001", True),
    ("weir.internal:4001", True),
    ("WEIR.internal", True),
    ("evil.example:4001", False),
    ("localhost.evil.example", False),
    ("127.0.0.1.nip.io:4001", False),
    ("", False),
    ("[::1", True),
    ("[evil]", False),
    ("[::1]evil.example", False),
]


@pytest.mark.parametrize(("host", "served"), HOSTS)
def test_only_names_of_its_own_and_addresses_are_served(
    host: str,
    served: bool,  # noqa: FBT001 - a column of the table
) -> None:
    access = ControlAccess(host_names=frozenset({"weir.internal"}))

    assert refusal(access, host=host) == ("" if served else "HOST_NOT_ALLOWED")


ORIGINS = [
    ("POST", "http://localhost:4001", True),
    ("POST", "http://localhost:3000", False),
    ("POST", "https://evil.example", False),
    ("POST", "null", False),
    ("GET", "https://evil.example", True),
]


@pytest.mark.parametrize(("method", "origin", "served"), ORIGINS)
def test_pages_of_other_origins_change_nothing(
    method: str,
    origin: str,
    served: bool,  # noqa: FBT001 - a column of the table
) -> None:
    expected = "" if served else "CROSS_SITE"

    assert refusal(ControlAccess(), method, origin=origin) == expected


@given(host=st.binary(max_size=60), origin=st.binary(max_size=60))
def test_the_guard_raises_no_other_errors(host: bytes, origin: bytes) -> None:
    fields = {b"host": host, b"origin": origin, b"authorization": origin}
    with contextlib.suppress(WeirError):
        token = token_of(WITH_TOKENS.tokens, fields)
        admit(WITH_TOKENS, "POST", fields, LOCAL, token)


ADDRESSES = [
    (["10.0.0.0/8"], "10.1.2.3", True),
    (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
    (["10.0.0.0/8"], "11.1.2.3", False),
    (["10.0.0.0/8"], "", False),
    (["::ffff:10.0.0.0/104"], "10.1.2.3", True),
    (["::ffff:10.0.0.0/104"], "::ffff:10.1.2.3", True),
    (["::ffff:10.0.0.0/104"], "11.1.2.3", False),
    (["::ffff:10.1.2.3"], "10.1.2.3", True),
    (["2001:db8::/32"], "2001:db8::1", True),
    (["2001:db8::/32"], "10.1.2.3", False),
    ([], "192.0.2.1", True),
]


@pytest.mark.parametrize(("allowed", "address", "served"), ADDRESSES)
def test_only_allowed_networks_are_served(
    allowed: Sequence[str],
    address: str,
    served: bool,  # noqa: FBT001 - a column of the table
) -> None:
    policy = AddressPolicy(allow=networks(tuple(allowed)))
    access = ControlAccess(addresses=policy)

    found = refusal(access, address=address)

    assert found == ("" if served else "ADDRESS_NOT_ALLOWED")


TOKENS = [
    ("GET", "", "UNAUTHENTICATED"),
    ("GET", "Bearer reader-0123456789", ""),
    ("GET", "bearer  operator-0123456789", ""),
    ("GET", "Bearer reader-012345678", "UNAUTHENTICATED"),
    ("GET", "Bearer reader-01234567890", "UNAUTHENTICATED"),
    ("GET", "Basic reader-0123456789", "UNAUTHENTICATED"),
    ("GET", "reader-0123456789", "UNAUTHENTICATED"),
    ("POST", "Bearer reader-0123456789", "FORBIDDEN"),
    ("DELETE", "Bearer reader-0123456789", "FORBIDDEN"),
    ("PROPFIND", "Bearer reader-0123456789", "FORBIDDEN"),
    ("POST", "Bearer operator-0123456789", ""),
    ("PUT", "", "UNAUTHENTICATED"),
]


@pytest.mark.parametrize(("method", "authorization", "expected"), TOKENS)
def test_a_token_reads_and_an_operators_token_makes_changes(
    method: str, authorization: str, expected: str
) -> None:
    assert refusal(WITH_TOKENS, method, authorization=authorization) == expected


@dataclass
class Guarded:
    """A guard before an application that responds with 204."""

    access: ControlAccess

    def __post_init__(self) -> None:
        self.sink = RecordingSink()
        self.app = Guard(_no_content, lambda: self.access, self.sink)

    async def status(self, method: str, authorization: str) -> int:
        headers = [
            (b"host", b"localhost"),
            (b"authorization", authorization.encode()),
        ]
        answer = await Client().run(
            self.app, http_scope("/services/a", method=method, headers=headers)
        )
        if answer.status == 401:
            assert dict(answer.headers)[b"www-authenticate"] == b"Bearer"
            assert orjson.loads(answer.body)["code"] == "UNAUTHENTICATED"
        return answer.status


async def _no_content(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_changes_and_rejections_are_emitted_without_the_token() -> None:
    guarded = Guarded(WITH_TOKENS)

    assert await guarded.status("GET", "Bearer reader-0123456789") == 204
    assert await guarded.status("PUT", "Bearer operator-0123456789") == 204
    assert await guarded.status("PUT", "Bearer reader-0123456789") == 403
    assert await guarded.status("PUT", "Bearer guess") == 401

    emitted = [
        (each.outcome, each.reason, each.token, each.method, each.path, each.status)
        for each in guarded.sink.events
        if isinstance(each, ControlDecision)
    ]
    assert emitted == [
        ("allowed", "", "deploy", "PUT", "/services/a", 204),
        ("denied", "FORBIDDEN", "prometheus", "PUT", "/services/a", 403),
        ("denied", "UNAUTHENTICATED", "", "PUT", "/services/a", 401),
    ]
    assert "0123456789" not in repr(guarded.sink.events)


async def test_tokens_can_be_changed_while_the_port_is_open() -> None:
    guarded = Guarded(WITH_TOKENS)
    assert await guarded.status("PUT", "Bearer operator-0123456789") == 204

    guarded.access = ControlAccess(tokens=(READER,))

    assert await guarded.status("PUT", "Bearer operator-0123456789") == 401
