"""Helm and kubectl, for the tests of the chart."""

import pytest

from tests.support.helm import Tools, tools


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Tools:
    cache: pytest.Cache = request.config.cache
    found = tools(cache.mkdir("helm"))
    if found is None:
        pytest.skip("Helm comes from npm, which is not here")
    return found
