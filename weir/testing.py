"""The testing kit: a gateway in memory over services in memory, with faults.

    async with gateway("weir.yaml", {"catalog": graphql_service(SDL, DATA)}) as tested:
        response = await tested.client.get("/mobile/title")

`mock_service` makes up the values of a subgraph, and `responses` has fixed ones.
`Down`, `Failing`, `Slow` and `Empty` are faults for `tested.fault`. The pytest plugin
has the fixture `assert_degrades`.
"""

from weir.bffs.testing.degradation import Scenario, degradation
from weir.bffs.testing.faults import Down, Empty, Failing, Slow
from weir.bffs.testing.gateway import TestedGateway, gateway
from weir.bffs.testing.graphql_service import graphql_service
from weir.bffs.testing.mock_service import mock_service
from weir.bffs.testing.services import (
    Service,
    ServiceRequest,
    ServiceResponse,
    responses,
)

__all__ = [
    "Down",
    "Empty",
    "Failing",
    "Scenario",
    "Service",
    "ServiceRequest",
    "ServiceResponse",
    "Slow",
    "TestedGateway",
    "degradation",
    "gateway",
    "graphql_service",
    "mock_service",
    "responses",
]
