"""The upstreams: their instances, health, caches and circuit breakers."""

from collections.abc import Iterator

from fastapi import APIRouter

from weir.gateway.control.errors import NotCached, UnknownOperation, UnknownService
from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import (
    BreakersView,
    CachePurge,
    CacheView,
    EndpointsView,
    EndpointView,
    ForcedState,
    PurgedView,
    ServiceBreakerView,
    ServicesView,
    ServiceView,
)
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import BreakerSnapshot, ServiceSnapshot


def service_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of services: their instances and health."""
    router = APIRouter()

    @router.get("/gateway/services")
    @router.get("/services")
    async def services() -> ServicesView:
        return ServicesView(
            services=tuple(map(ServiceView.model_validate, await target.services()))
        )

    @router.get("/gateway/services/{name}")
    @router.get("/services/{name}")
    async def service(name: str) -> ServiceView:
        return ServiceView.model_validate(await _service(target, name))

    @router.get("/services/{name}/endpoints")
    async def endpoints(name: str) -> EndpointsView:
        service = await _service(target, name)
        return EndpointsView(
            service=name,
            endpoints=tuple(map(EndpointView.model_validate, service.endpoints)),
        )

    @router.post("/gateway/services/{name}/health-check")
    @router.post("/services/{name}/health-check")
    async def check(name: str) -> EndpointsView:
        await _service(target, name)
        await target.check_health(name)
        return await endpoints(name)

    return router


def cache_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of the caches of services."""
    router = APIRouter()

    @router.get("/services/{name}/cache")
    async def cache(name: str) -> CacheView:
        snapshot = (await _service(target, name)).cache
        if snapshot is None:
            raise NotCached(name)
        return CacheView.model_validate(snapshot)

    @router.post("/cache/purge")
    async def purge(purge: CachePurge) -> PurgedView:
        if (await _service(target, purge.upstream)).cache is None:
            raise NotCached(purge.upstream)
        return PurgedView(purged=await target.purge_cache(Purge(**purge.model_dump())))

    return router


def breaker_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of circuit breakers.

    `operation` in the query selects the breaker of one operation.
    """
    router = APIRouter()

    @router.get("/circuit-breakers")
    async def breakers() -> BreakersView:
        return BreakersView(
            circuit_breakers=tuple(
                breaker
                for service in await target.services()
                for breaker in _all_of(service)
            )
        )

    @router.post("/circuit-breakers/{service}/reset")
    async def reset(service: str, operation: str = "") -> ServiceBreakerView:
        await _breaker(target, service, operation)
        await target.reset_breaker(service, operation)
        return await _breaker(target, service, operation)

    @router.put("/circuit-breakers/{service}/forced")
    async def force(
        service: str, forced: ForcedState, operation: str = ""
    ) -> ServiceBreakerView:
        await _breaker(target, service, operation)
        state = None if forced.state is None else BreakerState(forced.state)
        await target.force_breaker(service, operation, state)
        return await _breaker(target, service, operation)

    return router


async def _service(target: ControlTarget, name: str) -> ServiceSnapshot:
    for service in await target.services():
        if service.name == name:
            return service
    raise UnknownService(name)


async def _breaker(
    target: ControlTarget, service: str, operation: str
) -> ServiceBreakerView:
    for breaker in _all_of(await _service(target, service)):
        if breaker.operation == operation:
            return breaker
    raise UnknownOperation(service, operation)


def _all_of(service: ServiceSnapshot) -> Iterator[ServiceBreakerView]:
    yield _view(service.name, "", service.breaker)
    for operation in service.operations:
        if operation.breaker is not None:
            yield _view(service.name, operation.name, operation.breaker)


def _view(service: str, operation: str, breaker: BreakerSnapshot) -> ServiceBreakerView:
    return ServiceBreakerView(
        service=service,
        operation=operation,
        state=breaker.state,
        forced=breaker.forced,
        client=breaker.client,
        failures=breaker.failures,
        in_state_for_s=breaker.in_state_for_s,
        retry_after_s=breaker.retry_after_s,
    )
