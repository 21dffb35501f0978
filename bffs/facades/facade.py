"""A façade: one kind of client's view of the graph, and its engine."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.openapi.releases import Release
from weir.bffs.facades.operation_guard import OperationGuard
from weir.bffs.facades.persisted_queries import PersistedQueries
from weir.bffs.facades.rest.ignored_parameters import (
    NOTHING_IGNORED,
    IgnoredParameters,
)
from weir.bffs.facades.rest.omitted_nulls import NullRule
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.limits.operations import OperationLimits
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.operation.variables.device_arguments import ArgumentRule, Coordinate


class OperationAccess(Enum):
    """The operations that clients of a façade may run."""

    OPEN = "open"
    LOG_UNKNOWN = "log_unknown"
    SAFELIST = "safelist"
    STORED_ONLY = "stored_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facade:
    """The API of one kind of client.

    `path` is where it is served ("" for the root). `hosts` serve it without this path.
    `device` are its rules by coordinate. `stored` are its operations, planned when the
    generation was built.
    `guards` are the access rules of its operations, by document.
    `persisted` are queries that clients have sent with their hashes, None without APQ.
    `max_batch` is the number of requests in a batch, None without batches.
    `reports_cost` is whether clients see the costs of their operations.
    `credentials` are those that clients can send, and `authenticated` is whether each
    request needs one. `has_openapi` is whether the façade serves its description,
    and `has_pages` whether it has pages for people. `has_plan` is whether a plan limits
    each caller.
    `ignored` are query parameters that its REST endpoints allow without using them.
    `nulls` decides which members its REST responses omit, None if they have all.
    `releases` are those of its REST API by version, for its pages.
    `shared` are the subgraphs whose identical calls in flight may be one; without them,
    each query is executed by itself.
    `operation_limits` are the rate limits that depend on the operation, if any.
    `fingerprint` is equal in the next generation if the façade has not changed.
    """

    name: str
    path: str
    hosts: tuple[str, ...] = ()
    engine: Engine
    device: Mapping[Coordinate, ArgumentRule]
    stored: tuple[tuple[StoredOperation, Prepared], ...]
    guards: Mapping[str, OperationGuard] = field(
        default_factory=dict[str, OperationGuard]
    )
    operation_access: OperationAccess = OperationAccess.OPEN
    persisted: PersistedQueries | None = None
    max_batch: int | None = None
    reports_cost: bool = False
    credentials: Credentials = NO_CREDENTIALS
    authenticated: bool = False
    has_openapi: bool = False
    has_pages: bool = False
    has_plan: bool = False
    ignored: IgnoredParameters = NOTHING_IGNORED
    nulls: NullRule | None = None
    releases: Mapping[str, tuple[Release, ...]] = field(
        default_factory=dict[str, tuple[Release, ...]]
    )
    shared: frozenset[str] = frozenset()
    operation_limits: OperationLimits | None = None
    development: bool
    fingerprint: Hashable
