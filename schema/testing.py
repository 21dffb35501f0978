"""Assertions for a project's own tests, such as `assert_composes`.

    from weir.schema.testing import assert_composes, subgraph

    def test_our_subgraph_composes():
        users = subgraph("users", "users.graphql")
        assert_composes(users, subgraph("orders", "orders.graphql"))

The assertion error has the output of `weir compose`.
"""

from pathlib import Path

from weir.schema.compose import Composed, Rejected, compose
from weir.schema.diagnostics.rendering import render_errors
from weir.schema.subgraphs.subgraph import Subgraph


def subgraph(name: str, file: str | Path, url: str = "") -> Subgraph:
    """Read a subgraph's SDL from a file; errors name the file."""
    sdl = Path(file).read_text(encoding="utf-8")
    return Subgraph(name=name, sdl=sdl, url=url, file=str(file))


def assert_composes(*subgraphs: Subgraph) -> Composed:
    """Return the composed supergraph; fail with all errors and their fixes."""
    match compose(subgraphs):
        case Composed() as composed:
            return composed
        case Rejected(errors=errors):
            message = f"the subgraphs do not compose:\n\n{render_errors(errors)}"
            raise AssertionError(message)
