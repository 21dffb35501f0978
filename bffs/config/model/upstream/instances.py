"""The sections on the instances of a service: addresses, hash key, health."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, Duration, Status, Weight
from weir.bffs.config.model.values.texts import RequestPath
from weir.bffs.config.model.values.urls import HttpUrl
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.upstreams.model.policy import HashOn, HashSource, HealthPolicy

# The defaults are those of the policies.
_INSTANCE = InstanceSpec("")
_HASH_ON = HashOn()
_HEALTH = HealthPolicy()


class InstanceSection(Section):
    """An instance of a service; a URL alone is an instance of weight 1."""

    url: HttpUrl
    """Origin, such as `http://10.0.0.1:5101`."""
    weight: Weight = _INSTANCE.weight
    """Weight of the instance, relative to the others."""
    enabled: bool = True
    """Send calls to it; a disabled instance finishes its calls in flight."""


class HashOnSection(Section):
    """Hash key of `balancing: consistent_hash`."""

    source: HashSource = _HASH_ON.source
    """Source of the key."""
    name: str = _HASH_ON.name
    """Name of the header or cookie."""

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        if (self.source in {"header", "cookie"}) != bool(self.name):
            message = "`name` is required for header and cookie, not allowed otherwise"
            raise ValueError(message)
        return self


class HealthSection(Section):
    """Health checks, and ejection of instances whose calls fail."""

    path: RequestPath | None = None
    """Path of the health check; by default a GraphQL service gets the query
    `{__typename}`, and others a GET of `/health`."""
    interval: Duration = _HEALTH.interval_s
    """Time between two checks of a healthy instance."""
    timeout: Duration = _HEALTH.timeout_s
    """Longest time for one check."""
    statuses: Annotated[list[Status], Field(min_length=1)] | None = None
    """Statuses of a passed check; by default 200 at `path`, and without it any status
    below 500."""
    active: bool = _HEALTH.active
    """Send health checks; without them, only calls show the health of instances."""
    unhealthy_after: Count = _HEALTH.unhealthy_after
    """Consecutive failed checks after which an instance is unhealthy."""
    recheck: Duration = _HEALTH.recheck_s
    """Time between two checks of an unhealthy instance."""
    passive_failures: Count = _HEALTH.passive_failures
    """Consecutive failed attempts after which an instance is ejected."""
    ejected_for: Duration = _HEALTH.ejected_for_s
    """Time of an ejection; doubled each time it fails again at once."""
    max_ejected: Duration = _HEALTH.max_ejected_s
    """Longest time of an ejection."""
