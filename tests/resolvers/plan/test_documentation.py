"""The worked example of docs/explanation/planning.md is what is planned."""

import re
from pathlib import Path

import pytest

from weir.resolvers.operation import prepare
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.planner import Stages, plan_in_stages
from weir.resolvers.plan.stages import StageName, show_stage
from weir.schema.compose import Composed, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.subgraphs.subgraph import Subgraph

PAGE = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "planning.md"
FEDERATION = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", '
    'import: ["@key", "@requires", "@external"])'
)
STAGES: tuple[StageName, ...] = ("paths", "choice", "fetches", "plan")


def blocks() -> dict[str, str]:
    found = re.findall(
        r"```(?:graphql|text) (\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    return dict(found)


@pytest.fixture(scope="module")
def stages() -> Stages:
    texts = blocks()
    subgraphs = [
        Subgraph(name=name, sdl=f"{FEDERATION}\n{sdl}")
        for name, sdl in texts.items()
        if name not in {*STAGES, "operation"}
    ]
    composition = compose(subgraphs)
    assert isinstance(composition, Composed)
    graph = Graph.of(read_supergraph(composition.supergraph_sdl))
    operation = prepare(texts["operation"], None, graph.supergraph.api_schema)
    return plan_in_stages(PlanningContext(graph=graph, operation=operation))


@pytest.mark.parametrize("name", STAGES)
def test_the_page_shows_each_stage_as_it_is(name: StageName, stages: Stages) -> None:
    assert show_stage(stages, name).strip() == blocks()[name].strip()
