"""A registry that cannot be changed, for gateways that are no more than a double."""

from collections.abc import Mapping
from datetime import timedelta

from weir.gateway.control.errors import ConfigReadOnly, KeyNotFound, KeysNotConfigured
from weir.gateway.control.keys import KeySnapshot, NewKeySnapshot
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.routes import RouteSnapshot, SplitName
from weir.gateway.identity.api_keys.changes import NewKey


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
        self,
        split: SplitName,
        weights: Mapping[str, int],
        expected: frozenset[str] | None,
    ) -> ConfigVersion:
        del weights, expected
        raise ConfigReadOnly(split.name)

    async def delete_endpoint(
        self, service: str, endpoint: str, expected: frozenset[str] | None
    ) -> ConfigVersion:
        del service, expected
        raise ConfigReadOnly(endpoint)

    async def api_keys(self) -> tuple[KeySnapshot, ...]:
        return ()

    async def create_api_key(self, new: NewKey) -> NewKeySnapshot:
        del new
        raise KeysNotConfigured

    async def rotate_api_key(self, key_id: str, grace: timedelta) -> NewKeySnapshot:
        del grace
        raise KeyNotFound(key_id)

    async def revoke_api_key(self, key_id: str) -> KeySnapshot:
        raise KeyNotFound(key_id)
