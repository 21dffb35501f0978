"""The long form of tests/gateway/server/test_fuzz.py: 20,000 connections."""

import asyncio
import logging

import pytest
import uvloop

from tests.support.front_fuzz import fuzz


@pytest.mark.parametrize("seed", range(10, 14))
def test_no_bytes_hang_crash_or_mix_connections(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        assert runner.run(fuzz(seed, connections=5000)) == []
    assert caplog.records == []
