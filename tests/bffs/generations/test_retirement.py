import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from weir.bffs.generations.retirement import Retirement
from weir.gateway.server.process.interpreter import pause_gc


class Leftover:
    """In a cycle with itself, so that only a collection finds it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


async def test_garbage_of_building_is_freed_when_no_request_waits() -> None:
    idle = False
    retirement = Retirement(lambda: idle)
    pause_gc()
    leftover = weakref.ref(Leftover())

    retirement.built()
    await asyncio.sleep(0.1)
    assert leftover() is not None
    assert not gc.isenabled()

    idle = True
    await retirement.close()
    assert leftover() is None
    assert gc.isenabled()
