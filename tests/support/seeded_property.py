"""A property over many random graphs, in parts that can be repeated by their seeds."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")


def check_seeded(
    number: int,
    graphs: st.SearchStrategy[T],
    check: Callable[[T, st.DataObject], None],
    *,
    count: int,
) -> None:
    """Check `count` graphs that follow from the seed `number`; a failure is shrunk."""

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(graph=graphs, data=st.data())
    def run(graph: T, data: st.DataObject) -> None:
        check(graph, data)

    run()
