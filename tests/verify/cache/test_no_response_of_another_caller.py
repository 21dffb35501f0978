"""No response holds another caller's values: 20,000 cases for each kind of store."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.echo import (
    ALL_FORWARDED,
    ASKINGS,
    POLICIES,
    RULES,
    Asking,
    SharedRedis,
    ask_in_memory,
    shared_redis,
)
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.policy import CachePolicy

_CASES = 20_000


@pytest.fixture(scope="module")
def redis() -> Iterator[SharedRedis]:
    with shared_redis() as shared:
        yield shared


@settings(max_examples=_CASES)
@given(askings=ASKINGS, policy=POLICIES, rules=st.just(ALL_FORWARDED) | RULES)
def test_in_memory(
    askings: list[Asking], policy: CachePolicy, rules: HeaderRules
) -> None:
    asyncio.run(ask_in_memory(askings, policy, rules=rules))


@settings(max_examples=_CASES)
@given(askings=ASKINGS, policy=POLICIES)
def test_in_redis(
    redis: SharedRedis, askings: list[Asking], policy: CachePolicy
) -> None:
    redis.ask_all(askings, policy)
