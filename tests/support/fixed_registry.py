"""A registry that cannot be changed, for gateways that are no more than a double."""

from collections.abc import Mapping

from gateway.control.errors import ConfigReadOnly


class FixedRegistry:
    """Refuses every change."""

    async def put_service(self, name: str, definition: Mapping[str, object]) -> str:
        del definition
        raise ConfigReadOnly(name)

    async def delete_service(self, name: str) -> str:
        raise ConfigReadOnly(name)

    async def put_endpoint(
        self, service: str, endpoint: str, change: Mapping[str, object]
    ) -> str:
        del service, change
        raise ConfigReadOnly(endpoint)

    async def delete_endpoint(self, service: str, endpoint: str) -> str:
        del service
        raise ConfigReadOnly(endpoint)
