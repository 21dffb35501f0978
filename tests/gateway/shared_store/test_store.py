"""The store that gateways share: what its log says while it is slow."""

from tests.support.conditions import until
from tests.support.redis_server import running_redis
from tests.support.shared_limits import LimitProcess
from weir.gateway.events import SharedStoreChanged
from weir.gateway.limits.policy import RateLimit

LIMIT = RateLimit(name="all", count=6, window_s=3600, burst=6)
NO_TIME_S = 1e-6
"""A deadline that no reply can meet."""


def reasons(process: LimitProcess) -> list[str]:
    return [
        event.reason
        for event in process.sink.events
        if isinstance(event, SharedStoreChanged)
    ]


async def test_a_slow_store_is_reported_once_and_so_is_its_end() -> None:
    async with running_redis() as server:
        process = LimitProcess(server.url, "p", timeout_s=NO_TIME_S)
        await process.store.start()
        connection = process.connection

        def slow() -> bool:
            connection.send("PING")
            return any(each.startswith("slow") for each in reasons(process))

        await until(slow)
        await until(lambda: reasons(process)[-1] == "connected")
        await process.store.close()

    assert reasons(process) == [
        "connected",
        "slow: replies after 0.001 ms",
        "connected",
    ]
