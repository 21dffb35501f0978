"""A composed supergraph whose subgraphs include Python code is served back."""

from pathlib import Path

import pytest

from tests.support.contexts import a_context
from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.generation import Generation
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.resolvers.sources.strawberry.source import StrawberrySource
from weir.schema.compose import Composed, compose
from weir.schema.subgraphs.subgraph import Subgraph

CONFIG = """
supergraph: supergraph.graphql
subgraphs: {viewer: {python: "viewer_of_supergraph:schema"}}
facades: {web: {path: /web}}
"""
CODE = """
import strawberry

@strawberry.type
class Query:
    @strawberry.field
    async def greeting(self) -> str:
        return "hello"

schema = strawberry.federation.Schema(query=Query)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    composed = compose(
        [
            Subgraph(name="viewer", sdl="type Query { greeting: String! }"),
            Subgraph(
                name="books",
                sdl="type Query { book: String }",
                url="http://127.0.0.1:1/graphql",
            ),
        ]
    )
    assert isinstance(composed, Composed)
    (tmp_path / "supergraph.graphql").write_text(composed.supergraph_sdl)
    (tmp_path / "viewer_of_supergraph.py").write_text(CODE)
    return tmp_path


async def built(folder: Path, queue: PreparationQueue, config: str) -> Generation:
    (folder / "weir.yaml").write_text(config)
    loaded = load_config(folder / "weir.yaml", {})
    return await build_generation(loaded, None, runtime(), queue)


async def test_a_subgraph_in_python_serves_its_part_of_a_supergraph(
    folder: Path, queue: PreparationQueue
) -> None:
    generation = await built(folder, queue, CONFIG)
    engine = generation.facades[0].engine
    context = a_context()

    prepared = await engine.prepare("{ greeting }", None, context)
    result = await engine.execute(prepared, {}, {}, context)

    assert result.data == {"greeting": "hello"}
    sources = engine.view.sources
    assert isinstance(sources["viewer"], StrawberrySource)
    assert isinstance(sources["books"], GraphQLSource)
    await generation.close()


REJECTED = {
    "no Python code is configured": (
        CONFIG.replace("subgraphs:", "# subgraphs:"),
        "the subgraph \"viewer\" has the url ''",
    ),
    "the supergraph has no such subgraph": (
        CONFIG.replace("{viewer:", "{viewers:"),
        "weir.yaml:3:13: subgraphs.viewers: unknown subgraph of the supergraph"
        ' "viewers"; did you mean "viewer"?',
    ),
    "a subgraph of a service is configured": (
        CONFIG.replace('python: "viewer_of_supergraph:schema"', "upstream: u")
        + "upstreams: {u: {instances: ['http://127.0.0.1:1']}}\n",
        "weir.yaml:3:13: subgraphs.viewer: `supergraph` has the subgraphs",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
async def test_a_subgraph_that_cannot_be_served_is_an_error_with_its_place(
    folder: Path, queue: PreparationQueue, name: str
) -> None:
    config, message = REJECTED[name]

    with pytest.raises(ConfigError) as raised:
        await built(folder, queue, config)

    assert message in str(raised.value)
