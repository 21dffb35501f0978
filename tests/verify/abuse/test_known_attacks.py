"""What the attacks of published lists, and those that were found, cost a gateway."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from tests.support import known_attacks
from tests.support.abuse import KINDS
from tests.support.attacked_gateway import Target, attack, attacked_gateway, cpu_ms

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMES: Final = 10
MAX_CPU_MS: Final = 2500
"""An operation may take a million steps, about a second on a quiet machine."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    folder = tmp_path_factory.mktemp("known")
    known = attacked_gateway(folder, known_attacks.SDL, known_attacks.CONFIG)
    async with known as target:
        yield target


async def report(target: Target, name: str, data: bytes, patience_s: float) -> float:
    """Print the response to an attack, and return the CPU milliseconds it takes."""
    (response,) = await attack(target.port, [data], patience_s)
    cost_ms = await cpu_ms(target, [data] * TIMES, patience_s)
    print(f"{name:42} {cost_ms:7.1f}   {response}")
    return cost_ms


async def test_published_attacks_are_rejected_at_a_bounded_cost(target: Target) -> None:
    print(f"{'published attacks':42}  CPU ms   response\n")
    costs_ms = {
        name: await report(target, name, each.data, 30)
        for name, each in known_attacks.KNOWN_ATTACKS.items()
    }
    assert {name: ms for name, ms in costs_ms.items() if ms > MAX_CPU_MS} == {}


async def test_attacks_that_were_found_have_a_bounded_cost(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    print(f"{'attacks that were found':42}  CPU ms   response\n")
    async with attacked_gateway(tmp_path_factory.mktemp("found")) as target:
        costs_ms = {
            name: await report(target, name, family.first, min(family.patience_s, 2))
            for families in KINDS.values()
            for name, family in families.items()
        }
    assert {name: ms for name, ms in costs_ms.items() if ms > MAX_CPU_MS} == {}
