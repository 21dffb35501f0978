"""From the fetch graph to the plan: documents, representations, shared requests.

Steps that enter one subgraph at one stage share a request: an `_entities` field each,
under aliases of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import OperationType, print_ast

from resolvers.operation.conditions import Conjunction
from resolvers.plan.context import PlanningContext
from resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep
from resolvers.plan.nodes import EntityFetch, Fetch, OperationKind, Plan
from resolvers.plan.printing.representations import representation
from resolvers.plan.printing.selection_sets import SelectionPrinter

_KINDS = {
    OperationType.QUERY: OperationKind.QUERY,
    OperationType.MUTATION: OperationKind.MUTATION,
    OperationType.SUBSCRIPTION: OperationKind.SUBSCRIPTION,
}


def build_plan(context: PlanningContext, graph: FetchGraph) -> Plan:
    """Print each request of a fetch graph."""
    return _Printing(context, graph).plan()


@dataclass(frozen=True, slots=True)
class _Printing:
    context: PlanningContext
    graph: FetchGraph

    def plan(self) -> Plan:
        requests = self._requests()
        fetch_of = {
            step.id: number for number, steps in enumerate(requests) for step in steps
        }
        fetches = tuple(
            self._fetch(number, steps, fetch_of)
            for number, steps in enumerate(requests)
        )
        return Plan(kind=_KINDS[self.context.operation.kind], fetches=fetches)

    def _requests(self) -> list[list[FetchStep]]:
        """Group the steps that share a request, in order of their stages."""
        levels = self.graph.levels()
        groups: dict[object, list[FetchStep]] = {}
        for step in sorted(
            self.graph.steps.values(),
            key=lambda step: (levels[step.id], step.subgraph, step.id),
        ):
            shared = (levels[step.id], step.subgraph, step.condition)
            groups.setdefault(shared if step.entrances else step.id, []).append(step)
        return list(groups.values())

    def _fetch(
        self, number: int, steps: Sequence[FetchStep], fetch_of: dict[int, int]
    ) -> Fetch:
        first = steps[0]
        known = first.condition[0] if len(first.condition) == 1 else ()
        printer = SelectionPrinter(self._hidden())
        parents = {fetch_of[p] for step in steps for p in step.parents} - {number}
        entities: tuple[EntityFetch, ...] = ()
        if first.entrances:
            entities = self._entity_fetches(steps)
            document = self._entities_document(printer, steps, entities, known)
        else:
            document = self._root_document(printer, first, known)
        return Fetch(
            id=number,
            subgraph=first.subgraph,
            kind=self._kind(first),
            document=document,
            variables=tuple(sorted(printer.variables)),
            path=() if first.entrances else first.position.path,
            entities=entities,
            parents=tuple(sorted(parents)),
            condition=first.condition,
            renames=tuple(printer.renames),
        )

    def _hidden(self) -> frozenset[str]:
        types = self.context.graph.types.values()
        return frozenset(info.name for info in types if info.inaccessible)

    def _kind(self, step: FetchStep) -> OperationKind:
        is_top = not step.entrances and not step.position.path
        return _KINDS[self.context.operation.kind] if is_top else OperationKind.QUERY

    def _root_document(
        self, printer: SelectionPrinter, step: FetchStep, known: Conjunction
    ) -> str:
        selections = printer.root(step.output, known)
        declared = self._declared(printer.variables)
        head = f"({', '.join(declared)})" if declared else ""
        return f"{self._kind(step).value}{head} {{ {selections} }}"

    def _entity_fetches(self, steps: Sequence[FetchStep]) -> tuple[EntityFetch, ...]:
        taken = self.context.operation.variables
        is_single = len(steps) == 1
        found: list[EntityFetch] = []
        for number, step in enumerate(steps):
            suffix = "" if is_single else str(number)
            variable = f"representations{suffix}"
            while variable in taken:
                variable += "_"
            found.append(
                EntityFetch(
                    alias=f"_entities{suffix}",
                    variable=variable,
                    path=step.position.path,
                    representations=tuple(
                        representation(self.context.graph, step.position, entrance)
                        for entrance in step.entrances.values()
                    ),
                )
            )
        return tuple(found)

    def _entities_document(
        self,
        printer: SelectionPrinter,
        steps: Sequence[FetchStep],
        entities: Sequence[EntityFetch],
        known: Conjunction,
    ) -> str:
        selections: list[str] = []
        for step, entity in zip(steps, entities, strict=True):
            alias = "" if entity.alias == "_entities" else f"{entity.alias}: "
            inner = printer.entities(step.output, step.entrances.values(), known)
            selections.append(
                f"{alias}_entities(representations: ${entity.variable}) {{ {inner} }}"
            )
        head = [f"${entity.variable}: [_Any!]!" for entity in entities]
        head += self._declared(printer.variables)
        return f"query({', '.join(head)}) {{ {' '.join(selections)} }}"

    def _declared(self, names: set[str]) -> list[str]:
        declared: list[str] = []
        for name in sorted(names):
            node = self.context.operation.variables[name]
            default = (
                f" = {print_ast(node.default_value)}" if node.default_value else ""
            )
            declared.append(f"${name}: {print_ast(node.type)}{default}")
        return declared
