"""The client whose failures and costs count together."""

import pytest

from tests.support.calls import DeafSink
from tests.support.memory_exchange import request_head
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.builtin import HEALTH_ENDPOINT
from weir.gateway.edge.context.request_context import RequestContexts
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.route import Route, RoutePolicy
from weir.gateway.ids import RandomIds

USER = Identity(method="jwt", issuer="https://issuer", subject="alice")
APP = Identity(method="api_key", client_id="tv-app")


@pytest.mark.parametrize(
    ("identity", "address", "client"),
    [
        (ANONYMOUS, "203.0.113.7", "203.0.113.7"),
        (ANONYMOUS, "2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (ANONYMOUS, "2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        (ANONYMOUS, "", "unknown"),
        (USER, "203.0.113.7", "https://issuer alice"),
        (APP, "203.0.113.7", " tv-app"),
    ],
)
def test_a_client_is_its_identity_or_else_the_network_of_its_address(
    identity: Identity, address: str, client: str
) -> None:
    origin = Origin(address, "http", b"", b"")
    contexts = RequestContexts(DeafSink(), RandomIds())
    route = Route(endpoint=HEALTH_ENDPOINT, policy=RoutePolicy())
    context = contexts.context(request_head(), origin, route, "g1")

    assert context.identified(identity).client == client
