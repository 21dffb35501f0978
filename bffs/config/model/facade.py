"""The model of façades and subgraphs."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from weir.bffs.config.model.addresses import AddressesSection
from weir.bffs.config.model.cors import CorsSection
from weir.bffs.config.model.degraded import DegradedRule
from weir.bffs.config.model.identity import Access, AccessSection
from weir.bffs.config.model.lifecycle import LifecycleSection
from weir.bffs.config.model.limits.budget import BudgetsSection
from weir.bffs.config.model.limits.cost import FacadeCostSection
from weir.bffs.config.model.limits.operation import FacadeLimitsSection
from weir.bffs.config.model.limits.plan import FacadePlanSection
from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.route.matching import RouteHost
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import (
    FacadePath,
    FileName,
    Name,
    ObjectReference,
    ParameterPattern,
    RequestPath,
)


def _as_default(value: Any) -> Any:
    return {"default": value} if isinstance(value, str | int | float) else value


class SubgraphSection(Section):
    """A part of the graph: a GraphQL upstream, or Python code in this process."""

    upstream: Name | None = None
    """Name of the upstream that serves it."""
    path: RequestPath = "/graphql"
    """Path of its GraphQL endpoint."""
    sdl: FileName | None = None
    """File with its SDL; without it, the SDL comes from the service (`_service`)."""
    python: ObjectReference | None = None
    """A Strawberry schema in this process, as `package.module:name`."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        unused = sorted({"path", "sdl"} & self.model_fields_set)
        if self.python is not None and unused:
            message = f"`{unused[0]}` is only used with `upstream`"
            raise ValueError(message)
        return self


class ContractSection(Section):
    """Part of the graph that a façade shows, by the tags of its elements.

    A tag that no element has is an error at start.
    """

    include: list[str] = []
    """Show only elements with one of these tags; empty shows all."""
    exclude: list[str] = []
    """Hide elements with one of these tags."""


class ArgumentRuleSection(Section):
    """Default and largest value of an argument for one kind of client."""

    default: Any = None
    """Value if the operation has none."""
    max: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    """Largest value that is sent to the service."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if self.default is None and self.max is None:
            message = "expected `default`, `max` or both"
            raise ValueError(message)
        return self


_Rule = Annotated[
    ArgumentRuleSection,
    BeforeValidator(
        _as_default, json_schema_input_type=str | int | float | ArgumentRuleSection
    ),
]


class DeviceSection(Section):
    """Capabilities of this kind of client, sent to services as arguments."""

    arguments: dict[str, _Rule] = {}
    """A default or `{default, max}` by coordinate, such as `Image.url(width:)`."""
    lists: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] = {}
    """Most items of a list, by coordinate such as `Title.cast`: for fields that have no
    argument for it."""
    texts: dict[str, Annotated[int, Field(ge=1, le=10_000)]] = {}
    """Most characters of a text, by coordinate such as `Title.synopsis`. A longer one
    ends at a word, with an ellipsis, which counts."""
    omit_nulls: bool = False
    """Leave out members that are null in REST responses, except for ids, enums and
    fields of a `@key`."""


class AuthorizationSection(Section):
    """Handling of fields that a caller may not see, by the directives of the graph."""

    mode: Literal["filter", "reject"] = "filter"
    """`filter` returns null for these fields, `reject` rejects the whole operation."""


class VersionSection(LifecycleSection):
    """A version of a REST API, below `{path}/{version}`."""

    operations: FileName
    """Folder of its stored operations (`*.graphql`)."""


class FacadeSection(Section):
    """An API for one kind of client, as GraphQL and as REST."""

    path: FacadePath
    """Path: GraphQL at `{path}/graphql`, REST below `{path}`."""
    hosts: list[RouteHost] = []
    """Hosts that serve this façade alone, without `path`: exact or `*.example.com`."""
    contract: ContractSection = ContractSection()
    subgraphs: dict[Name, SubgraphSection] = {}
    """Subgraphs of this façade only."""
    device: DeviceSection = DeviceSection()
    degraded: dict[str, DegradedRule] = {}
    """Rules for fields that fail, by coordinate such as `Title.reviews`: `empty` is an
    empty list, `fail` fails the whole response, and others have a value."""
    budgets: BudgetsSection | None = None
    operations: FileName | None = None
    """Folder of stored operations (`*.graphql`)."""
    versions: dict[Name, VersionSection] = {}
    """Versions of the REST API, in place of `operations`: `v1` is below `{path}/v1`."""
    manifests: list[FileName] = []
    """Manifests of persisted queries, from the builds of Apollo, Relay and GraphQL Code
    Generator clients. Their operations are stored ones, with the ids of the manifests.
    """
    ignored_parameters: list[ParameterPattern] = []
    """Query parameters that REST endpoints ignore, such as `utm_*` and `_`; they reject
    other unknown ones."""
    operation_access: Literal["open", "log_unknown", "safelist", "stored_only"] = "open"
    """GraphQL operations that clients may run: all; all, and the log names each unknown
    one; those that are stored; those that are stored, and only by their ids."""
    apq: bool = True
    """Let clients send the hash of a query that they sent before (automatic persisted
    queries)."""
    batch: Annotated[int, Field(ge=1, le=100)] | None = None
    """Most GraphQL requests in a batch, a JSON list; by default it is rejected."""
    access: Access = AccessSection()
    """Callers that may use it: `anonymous` for all, `authenticated`, or scopes,
    roles and policies."""
    addresses: AddressesSection | None = None
    """Client addresses, behind `server.trusted_proxies`, that it serves; others get
    403."""
    cors: CorsSection | None = None
    rate_limits: dict[Name, RateLimitSection] = {}
    """Limits of the requests of this façade, by name."""
    plan: FacadePlanSection | None = None
    cost: FacadeCostSection | None = None
    limits: FacadeLimitsSection | None = None
    coalesce: bool = True
    """Execute identical queries in flight once, if their response cannot be private:
    see [Coalescing](../guides/traffic/coalescing.md)."""
    introspection: bool | None = None
    """Allow introspection, and suggest names in errors; by default in development mode
    only."""
    openapi: bool | None = None
    """Serve the description of the REST endpoints (OpenAPI 3.1) at
    `{path}/openapi.json`; by default where introspection is allowed."""
    releases: Annotated[FileName, Field(min_length=1)] | None = None
    """Folder with the OpenAPI documents of releases, which `weir openapi --release`
    writes. The documentation of the REST endpoints lists the changes between them."""
    pages: bool | None = None
    """Serve pages for people, by default in development mode only: GraphiQL at
    `{path}/graphiql` and the schema at `{path}/schema`, where introspection is allowed;
    the documentation of the REST endpoints at `{path}/docs` and a console for them at
    `{path}/console`, where OpenAPI is served."""
    authorization: AuthorizationSection = AuthorizationSection()

    @property
    def _has_files(self) -> bool:
        return self.operations is not None or bool(self.versions)

    @property
    def has_stored(self) -> bool:
        """Whether it may have stored operations."""
        return self._has_files or bool(self.manifests)

    @model_validator(mode="after")
    def _check_operations(self) -> Self:
        access = self.operation_access
        has_files, has_stored = self._has_files, self.has_stored
        if self.operations is not None and self.versions:
            message = "expected either `operations` or `versions`, got both"
            raise ValueError(message)
        for key, is_set in (
            ("ignored_parameters", self.ignored_parameters),
            ("openapi: true", self.openapi),
            ("releases", self.releases),
        ):
            if is_set and not has_files:
                message = f"`{key}` needs stored `operations`"
                raise ValueError(message)
        if self.budgets is not None and not has_stored:
            message = "`budgets` needs stored `operations` or `manifests`"
            raise ValueError(message)
        if access != "open" and not has_stored:
            message = (
                f"`operation_access: {access}` needs stored `operations` or `manifests`"
            )
            raise ValueError(message)
        if access == "stored_only" and "apq" in self.model_fields_set and self.apq:
            message = "`apq` has no effect with `operation_access: stored_only`"
            raise ValueError(message)
        return self
