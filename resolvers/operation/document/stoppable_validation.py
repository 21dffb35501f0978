"""The parts of graphql-core's validation that count work, so that they can be stopped.

graphql-core counts the comparisons of fields and the uses of fragments, both of which
can be many more than the nodes of a document. Here each count also checks whether the
validation is cancelled.
"""

from collections.abc import Callable

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    Visitor,
    visit,
)
from graphql.validation.rules.overlapping_fields_can_be_merged import (
    OverlappingFieldsCanBeMergedRule,
    RuleContext,
)
from graphql.validation.validation_context import (
    NodeWithSelectionSet,
    VariableUsage,
    VariableUsageVisitor,
)

from weir.resolvers.operation.work import WorkBudget


class StopWhenCancelled(Visitor):
    """A visitor that stops the validation once it is cancelled."""

    def __init__(self, work: WorkBudget) -> None:
        super().__init__()
        self._work = work

    def enter(self, *_: object) -> None:
        self._work.check()


class StoppableContext(ValidationContext):
    """A context that can be stopped, and whose visitors leave no reference cycles."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        type_info: TypeInfo,
        on_error: Callable[[GraphQLError], None],
        work: WorkBudget,
    ) -> None:
        super().__init__(
            schema,
            document,
            type_info,
            on_error,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
        self.type_info = type_info
        self._work = work

    def spend_fragment_work(self, cost: int) -> None:
        """Count uses of fragments. Raises `Cancelled` or `ValidationAbortedError`."""
        self._work.check()
        super().spend_fragment_work(cost)

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        """Return the variables in an operation or a fragment, with their types."""
        usages = self._variable_usages.get(node)
        if usages is None:
            collecting = VariableUsageVisitor(self.type_info)
            visitor = TypeInfoVisitor(self.type_info, collecting)
            visit(node, visitor)
            usages = self._variable_usages[node] = collecting.usages
            for each in (collecting, visitor):
                vars(each).clear()
        return usages


class StoppableMergeRule(OverlappingFieldsCanBeMergedRule):
    """The rule that overlapping fields can be merged, which can be stopped."""

    def __init__(self, context: StoppableContext, work: WorkBudget) -> None:
        super().__init__(context)
        self.rule_context = _StoppableComparisons(work)


class _StoppableComparisons(RuleContext):
    """The state of the rule, which checks at each comparison whether to stop."""

    __slots__ = ("_remaining", "_work")

    def __init__(self, work: WorkBudget) -> None:
        self._work = work
        super().__init__()

    @property
    def remaining_complexity_budget(self) -> int:
        return self._remaining

    @remaining_complexity_budget.setter
    def remaining_complexity_budget(self, remaining: int) -> None:
        self._work.check()
        self._remaining = remaining
