"""The table of uses, and its limits."""

from pathlib import Path

import pytest

from tests.support.fake_clock import FakeClock
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.usage.saved import SavedUsage, saved_usage
from weir.bffs.usage.table import OTHERS, UsageTable
from weir.gateway.events import OperationUsed


def used(
    document: str = "{ a }", *, client: str = "ios", stored: bool = False
) -> OperationUsed:
    return OperationUsed(
        client_type="web",
        operation="A",
        document=document,
        stored=stored,
        client_name=client,
        client_version="1",
    )


def test_uses_are_counted_with_their_times() -> None:
    clock = FakeClock()
    table = UsageTable(clock)
    first_s = clock.epoch_s()

    table.emit(used())
    clock.advance(60)
    table.emit(used())
    table.emit(used(client="android"))

    ios, android = table.uses()
    assert (ios.count, android.count) == (2, 1)
    assert (ios.first_s, ios.last_s) == (first_s, clock.epoch_s())


def test_workers_send_what_they_have_counted_since_the_last_time() -> None:
    worker, total = UsageTable(FakeClock()), UsageTable(FakeClock())

    for _ in range(2):
        worker.emit(used())
        worker.emit(used("{ b }", stored=True))
        total.absorb(worker.take())

    assert worker.take() == []
    assert sorted((each.document, each.count) for each in total.uses()) == [
        ("{ a }", 2),
        ("{ b }", 2),
    ]


@pytest.mark.parametrize(("stored", "most"), [(True, 50), (False, 10)])
def test_applications_beyond_the_limit_count_together(
    *, stored: bool, most: int
) -> None:
    table = UsageTable(FakeClock())

    for number in range(200):
        table.emit(used(client=f"client {number}", stored=stored))

    names = [each.client_name for each in table.uses()]
    assert len(names) == most + 1
    assert names[-1] == OTHERS
    assert sum(each.count for each in table.uses()) == 200


def test_documents_of_clients_evict_no_stored_operation() -> None:
    table = UsageTable(FakeClock(), limit_bytes=50_000)
    table.emit(used("{ stored }", stored=True))

    for number in range(100):
        table.emit(used("{ a }" + " " * number))
    table.emit(used("{ a }" + " " * 100_000))

    kept = [each.document for each in table.uses()]
    assert kept == ["{ stored }"]
    assert table.evicted == 101


async def test_uses_survive_a_restart(tmp_path: Path) -> None:
    state, before, after = StateDir(tmp_path), *two_tables()
    before.emit(used())
    await SavedUsage(state, before).save()

    await SavedUsage(state, after).restore()
    after.emit(used())

    assert [each.count for each in after.uses()] == [2]
    assert saved_usage(state) == before.uses()


@pytest.mark.parametrize("content", [b"{}", b"no JSON", b'[{"facade": 1}]'])
async def test_a_damaged_entry_has_no_uses(tmp_path: Path, content: bytes) -> None:
    state, table = StateDir(tmp_path), UsageTable(FakeClock())
    state.write("usage", content)

    await SavedUsage(state, table).restore()

    assert table.uses() == []
    assert saved_usage(state) is None


def two_tables() -> tuple[UsageTable, UsageTable]:
    return UsageTable(FakeClock()), UsageTable(FakeClock())
