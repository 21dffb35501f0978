"""Connections to a server with small limits."""

import logging
from collections.abc import AsyncIterator

import pytest

from tests.support.limited_server import HASTY, PATIENT, answer
from tests.support.local_listener import (
    LocalListener,
    local_listener,
)
from tests.support.served_process import Connection


@pytest.fixture
async def served(caplog: pytest.LogCaptureFixture) -> AsyncIterator[LocalListener]:
    with caplog.at_level(logging.WARNING):
        async with local_listener(answer, PATIENT) as listener:
            yield listener
    assert caplog.records == []


@pytest.fixture
async def client(served: LocalListener) -> Connection:
    return await served.connect()


@pytest.fixture
async def hasty() -> AsyncIterator[LocalListener]:
    """Yield a listener with short times."""
    async with local_listener(answer, HASTY) as listener:
        yield listener
