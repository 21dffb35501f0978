"""The upstreams: their instances, health and circuit breakers."""

from fastapi import APIRouter

from gateway.control.errors import NotCached, UnknownService
from gateway.control.target import ControlTarget
from gateway.control.views import (
    BreakersView,
    CacheView,
    EndpointsView,
    EndpointView,
    ServiceBreakerView,
    ServicesView,
    ServiceView,
)
from gateway.upstreams.snapshot import ServiceSnapshot


def service_routes(target: ControlTarget) -> APIRouter:
    router = APIRouter()

    @router.get("/services")
    async def services() -> ServicesView:
        return ServicesView(
            services=tuple(map(ServiceView.model_validate, target.services()))
        )

    @router.get("/services/{name}/endpoints")
    async def endpoints(name: str) -> EndpointsView:
        service = _service(target, name)
        return EndpointsView(
            service=name,
            endpoints=tuple(map(EndpointView.model_validate, service.endpoints)),
        )

    @router.get("/services/{name}/cache")
    async def cache(name: str) -> CacheView:
        snapshot = _service(target, name).cache
        if snapshot is None:
            raise NotCached(name)
        return CacheView.model_validate(snapshot)

    @router.get("/circuit-breakers")
    async def breakers() -> BreakersView:
        return BreakersView(circuit_breakers=tuple(map(_breaker, target.services())))

    @router.post("/circuit-breakers/{service}/reset")
    async def reset(service: str) -> ServiceBreakerView:
        _service(target, service)
        target.reset_breaker(service)
        return _breaker(_service(target, service))

    return router


def _service(target: ControlTarget, name: str) -> ServiceSnapshot:
    for service in target.services():
        if service.name == name:
            return service
    raise UnknownService(name)


def _breaker(service: ServiceSnapshot) -> ServiceBreakerView:
    breaker = service.breaker
    return ServiceBreakerView(
        service=service.name,
        state=breaker.state,
        forced=breaker.forced,
        failures=breaker.failures,
        in_state_for_s=breaker.in_state_for_s,
        retry_after_s=breaker.retry_after_s,
    )
