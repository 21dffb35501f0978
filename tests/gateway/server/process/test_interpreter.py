import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from weir.gateway.server.process.interpreter import gc_paused


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    yield
    gc.enable()


def test_the_collector_is_paused_inside_the_block_only() -> None:
    with gc_paused():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_the_collector_resumes_after_an_error() -> None:
    with suppress(ValueError), gc_paused():
        raise ValueError

    assert gc.isenabled()


def test_a_collector_that_was_paused_before_remains_paused() -> None:
    gc.disable()

    with gc_paused():
        pass

    assert not gc.isenabled()
