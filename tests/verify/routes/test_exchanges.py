"""100,000 random exchanges through the proxy: no hang, no crash, no mix-up."""

from tests.support.conditions import until
from tests.support.proxy_exchanges import planned_gateway, run_exchanges

COUNT = 100_000
BATCH = 5_000


async def test_random_exchanges_are_not_mixed_up_and_do_not_hang() -> None:
    async with planned_gateway() as (service, gateway):
        for seed in range(COUNT // BATCH):
            assert await run_exchanges(gateway.port, service, BATCH, seed=seed) == []
            gateway.sink.events.clear()
            service.plans.clear()
            await until(lambda: not gateway.listener.requests)
