"""The queue that prepares the operations of generations."""

from collections.abc import Iterator

import pytest

from weir.gateway.clock import SystemClock
from weir.resolvers.engine.preparation_queue import PreparationQueue


@pytest.fixture
def queue() -> Iterator[PreparationQueue]:
    queue = PreparationQueue(99, SystemClock())
    yield queue
    queue.close()
