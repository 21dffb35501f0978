"""From a façade's configuration and a graph to its engine, its operations prepared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import GraphQLSchema, validate

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.limits.cost import CostSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.policies.costs import subgraph_cost_limits
from weir.bffs.config.policies.operation_limits import operation_limits
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.client_schema import client_schema, device_coordinates
from weir.bffs.facades.cost_rules import CostProblem, cost_problems, cost_rules
from weir.bffs.facades.field_rules import field_rules
from weir.bffs.facades.graph_views import ViewedGraph
from weir.bffs.facades.stored.folder import located
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.clock import Clock
from weir.gateway.errors import WeirError
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.limits.cost import CostLimiter
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.writes import Writes
from weir.resolvers.cost.limit import CostRules
from weir.resolvers.engine.compiled_plans import CompiledPlans, view_plans
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.operations import Operations
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.plan.plan_json import NotAPlan
from weir.resolvers.sources.source import Source


@dataclass(frozen=True, slots=True)
class BuiltEngine:
    """An engine with its stored operations, `missing` of which were not compiled."""

    engine: Engine
    stored: tuple[tuple[StoredOperation, Prepared], ...]
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBuild:
    """Builds the engine of a façade over one graph.

    Stored operations that have been `compiled` are not planned again, and those of
    `before` not even prepared, if they are valid for the new engine. `costs` are the
    limits of operations. `writes` are those of all façades.
    """

    loaded: LoadedConfig
    viewed: ViewedGraph
    supergraph_sdl: str
    sources: Mapping[str, Source]
    upstreams: Mapping[str, Upstream]
    policies: Policies
    overrides: OverridePolicy
    costs: CostLimiter | None
    queue: PreparationQueue
    clock: Clock
    writes: Writes
    before: Operations | None
    compiled: CompiledPlans | None

    def engine(self, name: str, stored: Sequence[StoredOperation]) -> BuiltEngine:
        """Build the engine of a façade; raises ConfigError."""
        engine = Engine(self._view(name), self.queue, self.clock, self.writes)
        if self.before is not None:
            engine.operations.take_over(self.before)
        return self._prepared(name, stored, engine)

    def _view(self, name: str) -> EngineView:
        """Return the view of the graph by a façade; raises ConfigError."""
        config = self.loaded.config
        schema = client_schema(self.loaded, self.viewed, name)
        limits = operation_limits(config, name)
        facade, development = config.facades[name], config.mode == "development"
        return EngineView(
            graph=self.viewed.graph,
            schema=schema,
            sources=self.sources,
            upstreams=self.upstreams,
            coordinates=device_coordinates(self.loaded, self.viewed),
            limits=limits.enforced,
            measured_limits=limits.measured,
            response_limits=limits.responses,
            measured_response_limits=limits.measured_responses,
            introspection=(
                development if facade.introspection is None else facade.introspection
            ),
            masked=not development,
            forwarded=self._forwarded(),
            costs=self._costs(name),
            overrides=Overrides.of(self.viewed.graph, self.overrides),
            policies=self.policies,
            rejects_refused=facade.authorization.mode == "reject",
            field_rules=field_rules(self.loaded, self.viewed.graph, schema, name),
        )

    def _prepared(
        self, name: str, stored: Sequence[StoredOperation], engine: Engine
    ) -> BuiltEngine:
        """Prepare stored operations; raises ConfigError for all that are invalid."""
        contract = contract_text(self.loaded.config.facades[name])
        plans = view_plans(engine.view, self.supergraph_sdl, contract, self.compiled)
        prepared: list[tuple[StoredOperation, Prepared]] = []
        problems: list[Problem] = []
        for operation in stored:
            try:
                ready = engine.operations.prepare_stored(
                    operation.text, operation.name, plans
                )
                prepared.append((operation, ready))
            except WeirError as error:
                problems += _refusals(operation, error, engine.schema)
            except NotAPlan:
                message = f"the plan of {operation.name} is damaged; run `weir compile`"
                problems.append(Problem(file=str(plans.file), message=message))
        if problems:
            raise ConfigError(*problems)
        missing = sum(not plans.has(each.text, each.name) for each in stored)
        return BuiltEngine(engine, tuple(prepared), missing)

    def _costs(self, name: str) -> CostRules | None:
        if self.costs is None:
            return None
        graph = self.viewed.graph.supergraph
        section = self.loaded.config.cost or CostSection()
        problems = cost_problems(section, graph.api_schema, graph.costs)
        found = [self._cost_problem(each) for each in problems]
        facade = self.loaded.config.facades[name].cost
        limits = subgraph_cost_limits(facade) if facade else {}
        found += self._unknown_subgraphs(name, limits)
        if found:
            raise ConfigError(*found)
        return cost_rules(section, graph.costs, self.costs, limits)

    def _unknown_subgraphs(self, name: str, limits: Iterable[str]) -> Iterator[Problem]:
        for each in limits:
            if each not in self.sources:
                path: DataPath = ("facades", name, "cost", "subgraphs", each)
                dotted = ".".join(map(str, path[:-1]))
                text = f"{dotted}: {unknown('subgraph', each, self.sources)}"
                yield self.loaded.document.problem(path, text)

    def _cost_problem(self, each: CostProblem) -> Problem:
        path: DataPath = ("cost", each.key, each.coordinate)
        text = f"cost.{each.key}: {each.coordinate}: {each.message}"
        return self.loaded.document.problem(path, text)

    def _forwarded(self) -> frozenset[bytes]:
        """Return the fields of clients that any service is sent."""
        upstreams = self.loaded.config.upstreams.values()
        return frozenset(
            name.lower().encode()
            for upstream in upstreams
            for name in upstream.headers.forward
        )


def contract_text(facade: FacadeSection) -> str:
    """Return a text that is equal for equal contracts."""
    contract = facade.contract
    return repr((sorted(set(contract.include)), sorted(set(contract.exclude))))


def _refusals(
    operation: StoredOperation, error: WeirError, schema: GraphQLSchema
) -> list[Problem]:
    """Return the problems, with lines if the document is not valid for the schema."""
    if invalid := validate(schema, operation.document):
        return [located(each) for each in invalid]
    messages = (
        [str(each["message"]) for each in error.errors]
        if isinstance(error, OperationRejected)
        else [error.detail]
    )
    return [
        Problem(file=operation.file, message=f"{operation.name}: {message}")
        for message in messages
    ]
