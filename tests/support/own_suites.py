"""The conformance suites with the supergraphs that Weir composes from their SDLs."""

import shutil
from pathlib import Path

from tests.support.audit import SUITES, suite_names
from weir.schema import Rejected, Subgraph, compose
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.graph.tables import SubgraphInfo

_SUPERGRAPH = "supergraph.graphql"


def compose_suites(folder: Path) -> Path:
    """Copy every suite, its supergraph composed anew; returns where they are."""
    for name in suite_names():
        suite = folder / name
        shutil.copytree(SUITES / name, suite)
        (suite / _SUPERGRAPH).write_text(composed_suite(name), "utf-8")
    return folder


def composed_suite(name: str) -> str:
    """Compose a suite from its SDLs; the urls are those of the recorded supergraph."""
    recorded = (SUITES / name / _SUPERGRAPH).read_text("utf-8")
    subgraphs = read_supergraph(recorded).subgraphs
    composed = compose([_subgraph(name, each) for each in subgraphs])
    assert not isinstance(composed, Rejected), composed
    return composed.supergraph_sdl


def _subgraph(suite: str, recorded: SubgraphInfo) -> Subgraph:
    file = SUITES / suite / "subgraphs" / f"{recorded.name}.graphql"
    return Subgraph(
        name=recorded.name,
        sdl=file.read_text("utf-8"),
        url=recorded.url,
        file=str(file),
    )
