"""The reference composer, where Node and npm are."""

import pytest

from tests.support.apollo_composer import install_reference
from tests.support.npm_packages import npm


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Return the reference's command; it stays in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("the reference composer needs Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    return install_reference(found, cache.mkdir("apollo-composer"))
