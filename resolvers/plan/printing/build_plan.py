"""The plan of a fetch graph: documents, representations, shared requests.

Steps that enter one subgraph at one stage share a request. Each has an `_entities`
field under an alias of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from graphql import OperationType

from weir.resolvers.operation.conditions import Conjunction
from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.expected import ExpectedField, ExpectedFields
from weir.resolvers.plan.model.nodes import EntityFetch, Fetch, Plan
from weir.resolvers.plan.printing.representations import context_value, representation
from weir.resolvers.plan.printing.selection_text import SelectionPrinter
from weir.resolvers.plan.printing.selections import SelectionBuilder
from weir.resolvers.plan.printing.shapes import Shapes
from weir.schema.model.node_text import type_text, value_text


def build_plan(context: PlanningContext, graph: FetchGraph) -> Plan:
    """Print each request of a fetch graph."""
    requests = _requests(graph)
    fetch_of = {
        step.id: number for number, steps in enumerate(requests) for step in steps
    }
    builder = _PlanBuilder(context, fetch_of)
    return Plan(
        kind=context.operation.kind,
        fetches=tuple(builder.fetch(steps) for steps in requests),
    )


def _requests(graph: FetchGraph) -> list[list[FetchStep]]:
    """Group the steps that share a request, in order of their stages.

    A step with contextual arguments is alone, because its request may be sent several
    times.
    """
    levels = graph.levels()
    groups: dict[object, list[FetchStep]] = {}
    for step in sorted(
        graph.steps.values(),
        key=lambda step: (levels[step.id], step.subgraph, step.id),
    ):
        shared = (levels[step.id], step.subgraph, step.condition)
        is_alone = not step.entries or step.contexts
        groups.setdefault(step.id if is_alone else shared, []).append(step)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _PlanBuilder:
    context: PlanningContext
    fetch_of: dict[int, int]

    def fetch(self, steps: Sequence[FetchStep]) -> Fetch:
        first, number = steps[0], self.fetch_of[steps[0].id]
        parents = {self.fetch_of[p] for step in steps for p in step.parents}
        contextual = self._contextual(first)
        builder = SelectionBuilder(
            self.context.graph.hidden_types,
            _known(first),
            _by_field(contextual),
            Shapes(self.context.budget),
        )
        entities = self._entity_fetches(steps, contextual) if first.entries else ()
        expected = (
            _entities(builder, steps, entities)
            if entities
            else builder.root(first.output)
        )
        printer = SelectionPrinter(_known(first), builder.variables)
        selection_set = printer.selection_set(expected)
        head = self._head(first, entities, printer.variables)
        return Fetch(
            id=number,
            subgraph=first.subgraph,
            kind=self._kind(first),
            document=f"{head} {{ {selection_set} }}",
            expected=expected,
            variables=tuple(sorted(printer.variables)),
            path=() if entities else first.path,
            entities=entities,
            parents=tuple(sorted(parents - {number})),
            condition=first.condition,
            renames=tuple(builder.renames),
        )

    def _kind(self, step: FetchStep) -> OperationType:
        is_top = not step.entries and not step.path
        return self.context.operation.kind if is_top else OperationType.QUERY

    def _contextual(self, step: FetchStep) -> dict[tuple[str, str, str], str]:
        """Choose a variable name for each contextual argument."""
        names = (f"context{number}" for number in count())
        free = (name for name in names if name not in self.context.operation.variables)
        return dict(zip(step.contexts, free, strict=False))

    def _entity_fetches(
        self, steps: Sequence[FetchStep], contextual: dict[tuple[str, str, str], str]
    ) -> tuple[EntityFetch, ...]:
        graph = self.context.graph
        found: list[EntityFetch] = []
        for number, step in enumerate(steps):
            suffix = "" if len(steps) == 1 else str(number)
            found.append(
                EntityFetch(
                    alias=f"_entities{suffix}",
                    variable=self._free(f"representations{suffix}"),
                    path=step.path,
                    representations=tuple(
                        representation(graph, step.position, entry)
                        for entry in step.entries.values()
                    ),
                    contexts=tuple(
                        context_value(graph, contextual[argument], source)
                        for argument, source in step.contexts.items()
                    ),
                )
            )
        return tuple(found)

    def _free(self, name: str) -> str:
        while name in self.context.operation.variables:
            name += "_"
        return name

    def _head(
        self, step: FetchStep, entities: Sequence[EntityFetch], variables: set[str]
    ) -> str:
        """Print the kind of the operation and its variables."""
        declared = [f"${entity.variable}: [_Any!]!" for entity in entities]
        for argument, variable in self._contextual(step).items():
            declared.append(f"${variable}: {step.contexts[argument].type}")
        declared += self._declared(variables)
        kind = self._kind(step).value
        return f"{kind}({', '.join(declared)})" if declared else kind

    def _declared(self, names: set[str]) -> list[str]:
        declared: list[str] = []
        for name in sorted(names):
            node = self.context.operation.variables[name]
            default = (
                f" = {value_text(node.default_value)}" if node.default_value else ""
            )
            declared.append(f"${name}: {type_text(node.type)}{default}")
        return declared


def _entities(
    builder: SelectionBuilder,
    steps: Sequence[FetchStep],
    entities: Sequence[EntityFetch],
) -> ExpectedFields:
    """Return an `_entities` field for each step, under aliases if there are several."""
    return ExpectedFields(
        fields=tuple(
            ExpectedField(
                key=entity.alias,
                name="_entities",
                type="[_Entity]!",
                call=_entities_call(entity),
                selection=builder.entities(step.output, step.entries.values()),
            )
            for step, entity in zip(steps, entities, strict=True)
        )
    )


def _entities_call(entity: EntityFetch) -> str:
    alias = "" if entity.alias == "_entities" else f"{entity.alias}: "
    return f"{alias}_entities(representations: ${entity.variable})"


def _known(step: FetchStep) -> Conjunction:
    """Return the literals that hold when a step runs."""
    return step.condition[0] if len(step.condition) == 1 else ()


def _by_field(
    contextual: dict[tuple[str, str, str], str],
) -> dict[tuple[str, str], dict[str, str]]:
    by_field: dict[tuple[str, str], dict[str, str]] = {}
    for (of_type, name, argument), variable in contextual.items():
        by_field.setdefault((of_type, name), {})[argument] = variable
    return by_field
