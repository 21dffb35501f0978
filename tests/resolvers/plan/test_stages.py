import pytest

from tests.resolvers.plan.test_plans import CASES
from weir.resolvers.operation import prepare
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.planner import Stages, plan_in_stages
from weir.resolvers.plan.stages import explain
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph


@pytest.fixture
def stages() -> Stages:
    case = next(each.parent for each in CASES if each.parent.name == "spares_a_fetch")
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, graph.supergraph.api_schema)
    return plan_in_stages(PlanningContext(graph=graph, operation=operation))


def test_explaining_names_the_key_and_what_was_rejected_at_which_cost(
    stages: Stages,
) -> None:
    assert explain(stages) == (
        "catalog at the root\n"
        "reviews at products.@\n"
        "  by the key { id } of Product\n"
        "  products.@.reviews.@.author.name\n"
        "    reviews, entered at products.@: adds 12104\n"
        "    accounts, entered at products.@.reviews.@.author: adds 23305\n"
        "    reviews, entered at products.@.reviews.@: adds 23305 or more\n"
    )
