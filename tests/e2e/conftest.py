"""One gateway for each test that breaks something, before the demo's services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.chaos import Stage
from tests.support.demo import Demo
from tests.support.gateway import demo_variables, patient_demo_config, running_gateway


@pytest.fixture
async def stage(demo: Demo, tmp_path: Path) -> AsyncIterator[Stage]:
    file = tmp_path / "weir.yaml"
    file.write_text(patient_demo_config())
    async with running_gateway(file, demo_variables(demo.base_port)) as gateway:
        yield Stage(gateway, demo.base_port)
