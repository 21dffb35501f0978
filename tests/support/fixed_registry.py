"""A registry that cannot be changed, for gateways that are no more than a double."""

from collections.abc import Mapping

from gateway.control.errors import ConfigReadOnly


class FixedRegistry:
    """Refuses every change."""

    async def put_service(self, name: str, definition: Mapping[str, object]) -> str:
        raise ConfigReadOnly(f"{name}: {definition}")

    async def delete_service(self, name: str) -> str:
        raise ConfigReadOnly(name)

    async def put_endpoint(
        self, service: str, endpoint: str, change: Mapping[str, object]
    ) -> str:
        raise ConfigReadOnly(f"{service} {endpoint}: {change}")

    async def delete_endpoint(self, service: str, endpoint: str) -> str:
        raise ConfigReadOnly(f"{service} {endpoint}")
