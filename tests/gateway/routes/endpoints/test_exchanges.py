"""Random exchanges through the proxy: none hangs, and none gets another's response."""

from tests.support.conditions import until
from tests.support.proxy_exchanges import planned_gateway, run_exchanges
from weir.gateway.events import RequestFinished


async def test_random_exchanges_are_not_mixed_up_and_do_not_hang() -> None:
    async with planned_gateway() as (service, gateway):
        assert await run_exchanges(gateway.port, service, 200, seed=1) == []

        finished = [
            each for each in gateway.sink.events if isinstance(each, RequestFinished)
        ]
        assert len(finished) > 150
        await until(lambda: not gateway.listener.requests)
