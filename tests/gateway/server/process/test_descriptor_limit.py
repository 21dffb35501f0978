"""A server may open as many connections as the system allows it."""

import resource
from collections.abc import Iterator

import pytest

from weir.gateway.server.process.descriptor_limit import raise_descriptor_limit


@pytest.fixture
def low() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = (before[0] - 1, before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_the_hard_one(low: tuple[int, int]) -> None:
    raise_descriptor_limit()

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (low[1], low[1])
