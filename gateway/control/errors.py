"""Errors of the control port alone.

WeirError
+-- (client) UnknownService, UnknownOperation, NotCached, HostNotAllowed, CrossSite,
|            ReloadRefused, NotRegistered, ConfigReadOnly, ConfigConflicts,
|            PreconditionFailed
+-- (ours)   NotStarted, Stopping
"""

from gateway.errors import Fault, WeirError


class UnknownService(
    WeirError,
    code="UNKNOWN_SERVICE",
    fault=Fault.CLIENT,
    status=404,
    title="No service is registered under this name.",
):
    """No upstream is registered under this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No service is registered as {name[:200]!r}.")
        self.name = name


class UnknownOperation(
    WeirError,
    code="UNKNOWN_OPERATION",
    fault=Fault.CLIENT,
    status=404,
    title="No operation of this service has a circuit breaker under this name.",
):
    """The operation has no circuit breaker of its own."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"No operation {operation[:200]!r} of {service!r} has a circuit breaker."
        )
        self.service = service
        self.operation = operation


class NotCached(
    WeirError,
    code="NOT_CACHED",
    fault=Fault.CLIENT,
    status=404,
    title="This service has no response cache.",
):
    """The upstream has no response cache."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No response cache is configured for {name!r}.")
        self.name = name


class HostNotAllowed(
    WeirError,
    code="HOST_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=403,
    title="The control port does not answer to this host name.",
):
    """The Host header is a name that the control port does not answer to."""


class CrossSite(
    WeirError,
    code="CROSS_SITE",
    fault=Fault.CLIENT,
    status=403,
    title="The control port takes no changes from other sites' pages.",
):
    """A page of another origin asked for a change."""


class ReloadRefused(
    WeirError,
    code="CONFIG_REJECTED",
    fault=Fault.CLIENT,
    status=422,
    title="The configuration was refused; the one before it goes on serving.",
):
    """The new configuration can not serve; `detail` says why, the old one goes on."""


class NotRegistered(
    WeirError,
    code="NOT_REGISTERED",
    fault=Fault.CLIENT,
    status=404,
    title="There is no such service or instance.",
):
    """There is no such service, or no such instance of it, to change."""


class ConfigReadOnly(
    WeirError,
    code="CONFIG_READ_ONLY",
    fault=Fault.CLIENT,
    status=409,
    title="The configuration cannot be changed from here.",
):
    """The configuration cannot be changed from here; `detail` says why."""


class ConfigConflicts(
    WeirError,
    code="CONFIG_CONFLICT",
    fault=Fault.CLIENT,
    status=409,
    retryable=True,
    title="The configuration was changed meanwhile; this change was not made.",
):
    """The configuration was changed elsewhere while this change of it was made."""


class PreconditionFailed(
    WeirError,
    code="PRECONDITION_FAILED",
    fault=Fault.CLIENT,
    status=412,
    title="The configuration is not the version that If-Match names.",
):
    """The configuration is not a version that If-Match names."""


class NotStarted(
    WeirError,
    code="NOT_STARTED",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway is still starting.",
):
    """No generation serves yet."""


class Stopping(
    WeirError,
    code="STOPPING",
    fault=Fault.OURS,
    status=503,
    title="The gateway is stopping.",
):
    """The gateway stops, and takes no change any more."""
