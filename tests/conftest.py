"""What holds for every test, and the one demo of a test process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.support.demo import Demo, running_demo, until_all_respond

# What holds is the claim, not how fast a shared machine shows it.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_demo() -> AsyncIterator[Demo]:
    """Yield one demo for all tests that use its services, because it takes seconds."""
    async with running_demo() as demo:
        yield demo


@pytest.fixture
async def demo(shared_demo: Demo) -> Demo:
    """Return the shared demo when all instances respond, whatever was done to them."""
    await until_all_respond(shared_demo)
    return shared_demo
