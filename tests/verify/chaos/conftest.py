"""The demo and a gateway, each in processes of their own."""

from collections.abc import AsyncIterator

import pytest

from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.gateway import demo_variables, running_gateway


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with (
        running_demo() as demo,
        running_gateway(variables=demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)
