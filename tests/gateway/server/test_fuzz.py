import logging

import pytest

from tests.support.front_fuzz import fuzz


async def test_no_bytes_hang_crash_or_mix_connections(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await fuzz(seed=1, connections=300) == []
    assert caplog.records == []
