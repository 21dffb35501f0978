"""One instance of each service killed in turn, under load: no answer is lost or wrong.

SIGKILL, so that connections break in the middle of whatever they were doing. The
supervisor starts the instance again; the next one is killed when the gateway's
`/services` says that the last one is back. First the first instance of all five, then
the second. When exactly is drawn from a seed.
"""

import asyncio
import time
from random import Random

from examples.streaming.load import running_load
from examples.streaming.ports import OFFSETS
from tests.support.chaos import Stage, kill, until_healthy
from tests.support.pace import measured_pace
from tests.support.phases import Phases

LEAST_READS = 1500
SEED = 20241121


async def test_no_answer_is_lost_to_a_killed_instance(stage: Stage) -> None:
    rng = Random(SEED)  # noqa: S311 - no secret
    pace = await measured_pace(stage.gateway.url)
    async with running_load(stage.gateway.url, pace.per_second) as report:
        phases = Phases(report)
        await asyncio.sleep(3)
        phases.end("before")
        for number in range(2):
            for service in OFFSETS:
                await asyncio.sleep(rng.uniform(0.5, 1.5))
                killed_s = time.monotonic()
                await kill(stage.instances(service)[number])
                await until_healthy(stage, service, restarted=True)
                took_s = time.monotonic() - killed_s
                phases.end(f"{service}-{number + 1}", f"back after {took_s:.1f} s")
        await asyncio.sleep(1)
    phases.end("after")

    print("\n".join(phases.table(f"killed in turn, {pace}")))
    assert report.clean
    assert report.sent >= pace.least(LEAST_READS)
