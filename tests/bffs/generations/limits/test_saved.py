"""The states of limits survive a restart, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fake_clock import FakeClock
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.generations.limits.saved import SavedLimits
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.policy import RateLimit

DAY = RateLimit(name="day", count=100, window_s=86_400, burst=100, scope="plans.free")
SECOND = RateLimit(name="rate", count=100, window_s=1, burst=100, scope="plans.free")
KEY = b"k" * 16


def own_buckets(*limits: RateLimit) -> dict[RateLimit, Buckets]:
    return {each: Buckets(each) for each in limits}


async def test_the_use_of_a_long_limit_survives_a_restart(tmp_path: Path) -> None:
    before, state = FakeClock(), StateDir(tmp_path)
    buckets = own_buckets(DAY, SECOND)
    for each in buckets.values():
        each.take(KEY, before.monotonic_s(), 60)
    await SavedLimits(state, before).save(buckets)

    # Another machine, whose monotonic clock is another one, ten minutes later.
    after = FakeClock(5.0)
    after.set_wall_clock(before.epoch_s() - after.epoch_s() + 600)
    again = own_buckets(DAY, SECOND)
    await SavedLimits(state, after).restore(again)

    left = [each.peek(KEY, after.monotonic_s()).remaining for each in again.values()]
    assert left == [40, 100]
    await SavedLimits(state, after).save(again)
    assert again[DAY].states(after.monotonic_s()).keys() == {KEY}


@pytest.mark.parametrize(
    "changed",
    [
        replace(DAY, count=101),
        replace(DAY, name="month"),
        replace(DAY, scope="web"),
        replace(DAY, unit="cost"),
    ],
)
async def test_a_changed_limit_starts_full(tmp_path: Path, changed: RateLimit) -> None:
    clock, state = FakeClock(), StateDir(tmp_path)
    buckets = own_buckets(DAY)
    buckets[DAY].take(KEY, clock.monotonic_s(), 60)
    await SavedLimits(state, clock).save(buckets)

    again = own_buckets(changed)
    await SavedLimits(state, clock).restore(again)

    assert not again[changed].keys


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b"no JSON", b'[{"scope": "", "name": 1}]']
)
async def test_an_entry_that_does_not_fit_is_ignored(
    tmp_path: Path, content: bytes
) -> None:
    clock, state = FakeClock(), StateDir(tmp_path)
    state.write("limits", content)
    buckets = own_buckets(DAY)

    await SavedLimits(state, clock).restore(buckets)

    assert not buckets[DAY].keys


async def test_a_clock_that_was_ahead_locks_nobody_out_for_longer_than_a_window(
    tmp_path: Path,
) -> None:
    wrong, state = FakeClock(), StateDir(tmp_path)
    wrong.set_wall_clock(10 * 365 * 86_400)
    buckets = own_buckets(DAY)
    buckets[DAY].take(KEY, wrong.monotonic_s())
    await SavedLimits(state, wrong).save(buckets)

    right = FakeClock()
    again = own_buckets(DAY)
    await SavedLimits(state, right).restore(again)

    assert again[DAY].peek(KEY, right.monotonic_s()).reset_s <= DAY.window_s


async def test_a_folder_that_cannot_be_written_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    clock = FakeClock()
    saved = SavedLimits(StateDir(tmp_path / "file"), clock)
    buckets = own_buckets(DAY)
    for _ in range(3):
        buckets[DAY].take(KEY, clock.monotonic_s())
        await saved.save(buckets)

    (line,) = caplog.messages
    assert "cannot be written" in line
