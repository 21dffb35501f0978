"""From a façade's configuration and a graph to the façade, its operations planned."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import orjson
from graphql import GraphQLSchema

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.policies.identity import access_rule
from weir.bffs.config.references.callers import unsatisfiable
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.client_schema import device_rules
from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.engine_build import EngineBuild
from weir.bffs.facades.facade import Facade, OperationAccess
from weir.bffs.facades.graph_views import ViewedGraph
from weir.bffs.facades.openapi.releases import Release, read_releases
from weir.bffs.facades.operation_guard import OperationGuard
from weir.bffs.facades.persisted_queries import PersistedQueries
from weir.bffs.facades.rest.ignored_parameters import IgnoredParameters
from weir.bffs.facades.rest.omitted_nulls import NullRule
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import ParameterPlace
from weir.bffs.facades.stored.place import place_of
from weir.gateway.events import EventSink
from weir.gateway.identity.decisions import Decisions
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.limits.operations import OperationLimits
from weir.gateway.shared_store.texts import SharedTexts
from weir.resolvers.engine.compiled_plans import CompiledPlans
from weir.resolvers.engine.view import EngineView

_LOG = logging.getLogger("weir.facades")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacadeBuild:
    """Builds one façade over its engine.

    The calls of `coalesced` subgraphs are shared. `operation_limits` are the rate
    limits that depend on the operation. `previous` is the same façade in the generation
    before.
    """

    engine_build: EngineBuild
    operation_limits: OperationLimits | None
    sink: EventSink
    documents: SharedTexts | None
    previous: Facade | None
    coalesced: frozenset[str]

    @property
    def loaded(self) -> LoadedConfig:
        return self.engine_build.loaded

    @property
    def viewed(self) -> ViewedGraph:
        return self.engine_build.viewed

    @property
    def policies(self) -> Policies:
        return self.engine_build.policies

    def facade(self, name: str, stored: Sequence[StoredOperation]) -> Facade:
        """Build one façade with its stored operations; raises ConfigError."""
        config = self.loaded.config
        facade = config.facades[name]
        development = config.mode == "development"
        self._reject_unknown_policies()
        self._reject_unknown_operations(name, stored)
        built = self.engine_build.engine(name, stored)
        compiled = self.engine_build.compiled
        if built.missing and compiled is not None:
            _LOG.warning(_not_compiled(name, built.missing, len(stored), compiled))
        view = built.engine.view
        access = OperationAccess(facade.operation_access)
        has_openapi = _has_openapi(facade, introspection=view.introspection)
        has_pages = self._has_pages(name, can_have=view.introspection or has_openapi)
        return Facade(
            name=name,
            path=facade.path,
            hosts=tuple(facade.hosts),
            engine=built.engine,
            device=device_rules(self.loaded, view.schema, name),
            stored=built.stored,
            guards=self._guards(name, stored),
            operation_access=access,
            max_batch=facade.batch,
            persisted=self._persisted(access) if facade.apq else None,
            reports_cost=_reports_cost(facade, development=development),
            credentials=self._credentials(),
            authenticated=facade.access.needs_credential,
            has_openapi=has_openapi,
            has_pages=has_pages,
            has_plan=facade.plan is not None,
            ignored=IgnoredParameters.of(facade.ignored_parameters),
            releases=self._releases(name, stored) if has_pages else {},
            nulls=self._nulls(name, view.schema, stored),
            shared=self._shared(name, view),
            operation_limits=self.operation_limits,
            development=development,
            fingerprint=(self.viewed, self._digest(name)),
        )

    def _guards(
        self, name: str, stored: Sequence[StoredOperation]
    ) -> dict[str, OperationGuard]:
        """Return the guards of operations with a rule; raises ConfigError."""
        guards: dict[str, OperationGuard] = {}
        problems: list[Problem] = [*_different_access(stored)]
        identity = self.loaded.config.identity
        if identity is not None and identity.query_key is not None:
            problems += _reading(identity.query_key, stored)
        for operation in stored:
            if (access := operation.access) is None:
                continue
            problems += (
                operation.problem(access.place, f"@access: {message}")
                for _, message in unsatisfiable(access.section, identity)
            )
            rule = f"facades.{name}.operations.{operation.qualified_name}"
            guards[operation.text] = OperationGuard(
                access_rule(access.section),
                self.policies,
                Decisions(self.sink, rule),
                self.engine_build.queue,
            )
        if problems:
            raise ConfigError(*problems)
        return guards

    def _nulls(
        self, name: str, schema: GraphQLSchema, stored: Sequence[StoredOperation]
    ) -> NullRule | None:
        """Return the rule for nulls in REST responses; raises ConfigError."""
        if not self.loaded.config.facades[name].device.omit_nulls:
            return None
        if not any(each.bindings for each in stored):
            path: DataPath = ("facades", name, "device", "omit_nulls")
            text = f"{'.'.join(map(str, path))}: has no effect without a REST endpoint"
            raise self.loaded.error(path, text)
        return NullRule(schema, self.viewed.graph)

    def _releases(
        self, name: str, stored: Sequence[StoredOperation]
    ) -> Mapping[str, tuple[Release, ...]]:
        """Return the released descriptions by version; raises ConfigError."""
        folder = self.loaded.config.facades[name].releases
        if folder is None:
            return {}
        versions = {each.version for each in stored}
        return {
            each: read_releases(self.loaded.folder / folder, each) for each in versions
        }

    def _credentials(self) -> Credentials:
        identity = self.loaded.config.identity
        if identity is None:
            return NO_CREDENTIALS
        keys = identity.api_keys
        return Credentials(
            identity.accepts_tokens,
            keys.header if keys else "",
            identity.client_certificates is not None,
            identity.query_key or "",
        )

    def _has_pages(self, name: str, *, can_have: bool) -> bool:
        """Return whether a façade has pages; raises ConfigError."""
        config = self.loaded.config
        pages = config.facades[name].pages
        if pages and not can_have:
            path: DataPath = ("facades", name, "pages")
            text = (
                f"facades.{name}.pages: there is nothing to show; set `introspection:"
                " true`, or `openapi: true` with stored operations"
            )
            raise ConfigError(self.loaded.document.problem(path, text))
        return can_have and (config.mode == "development" if pages is None else pages)

    def _shared(self, name: str, served: EngineView) -> frozenset[str]:
        """Return the subgraphs of queries that are shared; raises ConfigError."""
        facade = self.loaded.config.facades[name]
        if not facade.coalesce:
            return frozenset()
        if served.costs is None:
            return self.coalesced
        # Each request is charged for its own cost.
        if "coalesce" in facade.model_fields_set:
            text = (
                f"facades.{name}.coalesce: has no effect, because each request is"
                " charged for its cost; remove it"
            )
            raise self.loaded.error(("facades", name, "coalesce"), text)
        return frozenset()

    def _persisted(self, access: OperationAccess) -> PersistedQueries | None:
        """Return the persisted queries of a façade, which it keeps on a reload."""
        if access is OperationAccess.STORED_ONLY:
            return None
        before = self.previous.persisted if self.previous else None
        return before or PersistedQueries(shared=self.documents)

    def _reject_unknown_policies(self) -> None:
        """Raise ConfigError for the names in `@policy` that are not configured."""
        access = self.viewed.graph.supergraph.access
        used = {
            policy: f"{type_}.{field}"
            for (type_, field), requirement in access.items()
            for names in requirement.policies
            for policy in names
        }
        path: DataPath = ("identity", "policies")
        problems = [
            self.loaded.document.problem(
                path,
                f'identity.policies: the graph needs a policy "{policy}", for example'
                f" for {coordinate}; there is no policy of this name",
            )
            for policy, coordinate in sorted(used.items())
            if policy not in self.policies.names
        ]
        if problems:
            raise ConfigError(*problems)

    def _reject_unknown_operations(
        self, name: str, stored: Sequence[StoredOperation]
    ) -> None:
        """Raise ConfigError for limits of operations that are not stored."""
        known = {each.qualified_name for each in stored}
        limits = self.loaded.config.facades[name].rate_limits
        problems: list[Problem] = []
        for limit, section in limits.items():
            for index, operation in enumerate(section.operations or ()):
                if operation not in known:
                    path = ("facades", name, "rate_limits", limit, "operations")
                    text = unknown("operation", operation, known)
                    message = f"{'.'.join(path)}: {text}"
                    problems.append(
                        self.loaded.document.problem((*path, index), message)
                    )
        if problems:
            raise ConfigError(*problems)

    def _digest(self, name: str) -> bytes:
        """Hash what of the configuration a façade is made from, beside its graph."""
        config = self.loaded.config
        facade = config.facades[name]
        sections = (
            config.limits,
            config.cost,
            config.override,
            facade,
            config.identity,
        )
        digest = blake2b(config.mode.encode(), digest_size=12)
        for section in sections:
            content = section.model_dump(mode="json") if section else None
            digest.update(orjson.dumps(content))
        return digest.digest()


def _reading(parameter: str, stored: Sequence[StoredOperation]) -> Iterator[Problem]:
    """Yield a problem for each endpoint with a parameter that has the API keys."""
    for operation in stored:
        declared = operation.parameters.get(parameter)
        variables = operation.definition.variable_definitions or ()
        if parameter not in {each.variable.name.value for each in variables}:
            continue
        if declared is not None and declared.place is not ParameterPlace.QUERY:
            continue
        for binding in operation.bindings:
            if parameter not in binding.template.parameters:
                message = f"${parameter}: is the parameter of `identity.api_keys`"
                yield operation.problem(binding.place, message)


def _different_access(stored: Sequence[StoredOperation]) -> Iterator[Problem]:
    """Yield a problem for each operation of two versions with two access rules.

    GraphQL clients run a document, which belongs to both.
    """
    first: dict[str, StoredOperation] = {}
    for each in (operation for operation in stored if operation.version):
        other = first.setdefault(each.text, each)
        rules = [one.access.section if one.access else None for one in (each, other)]
        if rules[0] != rules[1]:
            message = (
                f"{each.name} of {each.version} is the operation of {other.version};"
                " its @access must be the same"
            )
            yield each.problem(place_of(each.definition), message)


def _has_openapi(facade: FacadeSection, *, introspection: bool) -> bool:
    if facade.openapi is None:
        has_files = facade.operations is not None or bool(facade.versions)
        return introspection and has_files
    return facade.openapi


def _reports_cost(facade: FacadeSection, *, development: bool) -> bool:
    configured = facade.cost.report if facade.cost else None
    return development if configured is None else configured


def _not_compiled(name: str, missing: int, stored: int, compiled: CompiledPlans) -> str:
    """Return the message for operations that the folder has no plan of."""
    made_for = ""
    if not compiled.are_usable:
        versions = ", ".join(f"{key} {each}" for key, each in compiled.made_for.items())
        made_for = f", whose plans are for {versions}"
    return (
        f"façade {name}: {missing} of {stored} stored operations are planned at each"
        f" start. They are not in {compiled.code.folder}{made_for}. Run `weir compile`"
    )
