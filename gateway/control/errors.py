"""Errors of the control port alone.

WeirError
+-- (client) UnknownService, UnknownOperation, NotCached, HostNotAllowed, CrossSite,
|            ReloadRefused, NotRegistered, ConfigReadOnly, ConfigConflicts,
|            PreconditionFailed
+-- (ours)   NotStarted, Stopping
"""

from gateway.errors import ErrorRow, Fault, WeirError


class UnknownService(WeirError):
    """No upstream is registered under this name."""

    row = ErrorRow(
        code="UNKNOWN_SERVICE",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="No service is registered under this name.",
    )

    def __init__(self, name: str) -> None:
        super().__init__(f"No service is registered as {name[:200]!r}.")
        self.name = name


class UnknownOperation(WeirError):
    """The operation has no circuit breaker of its own."""

    row = ErrorRow(
        code="UNKNOWN_OPERATION",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="No operation of this service has a circuit breaker under this name.",
    )

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"No operation {operation[:200]!r} of {service!r} has a circuit breaker."
        )
        self.service = service
        self.operation = operation


class NotCached(WeirError):
    """The upstream has no response cache."""

    row = ErrorRow(
        code="NOT_CACHED",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="This service has no response cache.",
    )

    def __init__(self, name: str) -> None:
        super().__init__(f"No response cache is configured for {name!r}.")
        self.name = name


class HostNotAllowed(WeirError):
    """The Host header is a name that the control port does not answer to."""

    row = ErrorRow(
        code="HOST_NOT_ALLOWED",
        fault=Fault.CLIENT,
        status=403,
        retryable=False,
        message="The control port does not answer to this host name.",
    )


class CrossSite(WeirError):
    """A page of another origin asked for a change."""

    row = ErrorRow(
        code="CROSS_SITE",
        fault=Fault.CLIENT,
        status=403,
        retryable=False,
        message="The control port takes no changes from other sites' pages.",
    )


class ReloadRefused(WeirError):
    """The new configuration can not serve; `detail` says why, the old one goes on."""

    row = ErrorRow(
        code="CONFIG_REJECTED",
        fault=Fault.CLIENT,
        status=422,
        retryable=False,
        message="The configuration was refused; the one before it goes on serving.",
    )


class NotRegistered(WeirError):
    """There is no such service, or no such instance of it, to change."""

    row = ErrorRow(
        code="NOT_REGISTERED",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="There is no such service or instance.",
    )


class ConfigReadOnly(WeirError):
    """The configuration cannot be changed from here; `detail` says why."""

    row = ErrorRow(
        code="CONFIG_READ_ONLY",
        fault=Fault.CLIENT,
        status=409,
        retryable=False,
        message="The configuration cannot be changed from here.",
    )


class ConfigConflicts(WeirError):
    """The configuration was changed elsewhere while this change of it was made."""

    row = ErrorRow(
        code="CONFIG_CONFLICT",
        fault=Fault.CLIENT,
        status=409,
        retryable=True,
        message="The configuration was changed meanwhile; this change was not made.",
    )


class PreconditionFailed(WeirError):
    """The configuration is not a version that If-Match names."""

    row = ErrorRow(
        code="PRECONDITION_FAILED",
        fault=Fault.CLIENT,
        status=412,
        retryable=False,
        message="The configuration is not the version that If-Match names.",
    )


class NotStarted(WeirError):
    """No generation serves yet."""

    row = ErrorRow(
        code="NOT_STARTED",
        fault=Fault.OURS,
        status=503,
        retryable=True,
        message="The gateway is still starting.",
    )


class Stopping(WeirError):
    """The gateway stops, and takes no change any more."""

    row = ErrorRow(
        code="STOPPING",
        fault=Fault.OURS,
        status=503,
        retryable=False,
        message="The gateway is stopping.",
    )


ROWS: tuple[ErrorRow, ...] = (
    UnknownService.row,
    UnknownOperation.row,
    NotCached.row,
    HostNotAllowed.row,
    CrossSite.row,
    ReloadRefused.row,
    NotRegistered.row,
    ConfigReadOnly.row,
    ConfigConflicts.row,
    PreconditionFailed.row,
    NotStarted.row,
    Stopping.row,
)
