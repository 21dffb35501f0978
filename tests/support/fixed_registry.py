"""A registry that cannot be changed, for gateways that are no more than a double."""

from collections.abc import Mapping

from weir.gateway.control.errors import ConfigReadOnly
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.routes import RouteSnapshot


class FixedRegistry:
    """Refuses every change."""

    async def put_service(
        self,
        name: str,
        definition: Mapping[str, object],
        expected: frozenset[str] | None,
    ) -> ConfigVersion:
        del definition, expected
        raise ConfigReadOnly(name)

    async def delete_service(
        self, name: str, expected: frozenset[str] | None
    ) -> ConfigVersion:
        del expected
        raise ConfigReadOnly(name)

    async def put_endpoint(
        self,
        service: str,
        endpoint: str,
        change: Mapping[str, object],
        expected: frozenset[str] | None,
    ) -> ConfigVersion:
        del service, change, expected
        raise ConfigReadOnly(endpoint)

    def routes(self) -> tuple[RouteSnapshot, ...]:
        return ()

    async def set_weights(
        self, route: str, weights: Mapping[str, int], expected: frozenset[str] | None
    ) -> ConfigVersion:
        del weights, expected
        raise ConfigReadOnly(route)

    async def delete_endpoint(
        self, service: str, endpoint: str, expected: frozenset[str] | None
    ) -> ConfigVersion:
        del service, expected
        raise ConfigReadOnly(endpoint)
