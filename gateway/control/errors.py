"""The errors of the control port."""

from weir.gateway.errors import Fault, WeirError


class UnknownService(
    WeirError,
    code="UNKNOWN_SERVICE",
    fault=Fault.CLIENT,
    status=404,
    title="No service is registered under this name.",
):
    def __init__(self, name: str) -> None:
        super().__init__(f"No service is registered as {name[:200]!r}.")
        self.name = name


class UnknownFacade(
    WeirError,
    code="UNKNOWN_FACADE",
    fault=Fault.CLIENT,
    status=404,
    title="There is no façade of this name.",
): ...


class UnknownElement(
    WeirError,
    code="UNKNOWN_ELEMENT",
    fault=Fault.CLIENT,
    status=404,
    title="No schema has an element of this name.",
): ...


class UnknownOperation(
    WeirError,
    code="UNKNOWN_OPERATION",
    fault=Fault.CLIENT,
    status=404,
    title="No operation of this service has a circuit breaker under this name.",
):
    """An operation without a circuit breaker of its own."""

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
    def __init__(self, name: str) -> None:
        super().__init__(f"No response cache is configured for {name!r}.")
        self.name = name


class RequestNotRecorded(
    WeirError,
    code="REQUEST_NOT_RECORDED",
    fault=Fault.CLIENT,
    status=404,
    title="No recorded request has this id.",
):
    """A request that is unknown, or has given way to newer ones."""

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"No recorded request has the id {request_id[:200]!r}: the gateway records"
            " the last requests, and slow and failed ones for longer."
        )
        self.request_id = request_id


class LogLevelRejected(
    WeirError,
    code="LOG_LEVEL_REJECTED",
    fault=Fault.CLIENT,
    status=422,
    title="The level of this logger cannot be set.",
):
    """A level with which secrets are logged, or one too many."""


class TooManyReaders(
    WeirError,
    code="TOO_MANY_READERS",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="As many clients as possible read this feed.",
): ...


class NoWorkers(
    WeirError,
    code="NO_WORKERS",
    fault=Fault.CLIENT,
    status=409,
    title="One process serves, which cannot be replaced; `server.workers` is 1.",
): ...


class RollFailed(
    WeirError,
    code="ROLL_FAILED",
    fault=Fault.CLIENT,
    status=422,
    title="A new worker does not start; the workers that are left continue.",
):
    """Code that cannot serve; `detail` has the reason."""


class HostNotAllowed(
    WeirError,
    code="HOST_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=403,
    title="The control port does not allow this host name.",
):
    """A host name that may be a web page's, by DNS rebinding."""


class CrossSite(
    WeirError,
    code="CROSS_SITE",
    fault=Fault.CLIENT,
    status=403,
    title="The control port does not allow changes by web pages of other origins.",
): ...


class ReloadRefused(
    WeirError,
    code="CONFIG_REJECTED",
    fault=Fault.CLIENT,
    status=422,
    title="The configuration is invalid; the previous one stays in effect.",
):
    """A configuration that cannot serve; `detail` lists its problems."""


class NotRegistered(
    WeirError,
    code="NOT_REGISTERED",
    fault=Fault.CLIENT,
    status=404,
    title="The configuration has no service, instance, route or backend of this name.",
): ...


class ConfigReadOnly(
    WeirError,
    code="CONFIG_READ_ONLY",
    fault=Fault.CLIENT,
    status=409,
    title="The configuration cannot be changed through the control port.",
): ...


class ConfigConflicts(
    WeirError,
    code="CONFIG_CONFLICT",
    fault=Fault.CLIENT,
    status=409,
    retryable=True,
    title="The configuration changed in the meantime; this change was not applied.",
): ...


class PreconditionFailed(
    WeirError,
    code="PRECONDITION_FAILED",
    fault=Fault.CLIENT,
    status=412,
    title="The configuration is not at a version that If-Match names.",
): ...


class KeysNotConfigured(
    WeirError,
    code="API_KEYS_NOT_CONFIGURED",
    fault=Fault.CLIENT,
    status=404,
    title="The configuration has no file of API keys; see `identity.api_keys`.",
): ...


class KeyNotFound(
    WeirError,
    code="API_KEY_NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="No API key has this id.",
): ...


class KeyNotChanged(
    WeirError,
    code="API_KEY_NOT_CHANGED",
    fault=Fault.CLIENT,
    status=422,
    title="The API key was not created or changed.",
):
    """An owner with two valid keys, an unknown plan, or a file that is not usable."""


class NotStarted(
    WeirError,
    code="NOT_STARTED",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway is still starting.",
): ...


class Stopping(
    WeirError,
    code="STOPPING",
    fault=Fault.OURS,
    status=503,
    title="The gateway is shutting down.",
): ...
