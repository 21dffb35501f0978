"""Named policies: Python functions with a time limit, and what denies."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
from msgspec import structs

from tests.support.contexts import a_context
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.identity.policies.function_policy import (
    FunctionPolicy,
    PolicyFunction,
    PolicyThreads,
)
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.identity.policies.policy import PolicyRequest

ANN: Final = Identity(method="jwt", subject="ann")
NAMES: Final = frozenset({"p"})


@pytest.fixture
def threads() -> Iterator[PolicyThreads]:
    threads = PolicyThreads()
    yield threads
    threads.close()


def context(identity: Identity = ANN) -> Any:
    return structs.replace(
        a_context(),
        method="GET",
        route="/web/x",
        client_address="192.0.2.1",
        client_headers={b"x-region": b"eu", b"cookie": b"secret"},
        identity=identity,
    )


def of(
    function: Any, threads: PolicyThreads, timeout_s: float = 5.0, *headers: str
) -> Policies:
    return Policies({"p": FunctionPolicy(function, threads, timeout_s, headers)})


async def test_a_function_sees_the_caller_and_the_request(
    threads: PolicyThreads,
) -> None:
    seen: list[tuple[Identity, PolicyRequest]] = []

    def allow(identity: Identity, request: PolicyRequest) -> bool:
        seen.append((identity, request))
        return True

    policies = of(allow, threads, 5.0, "x-region", "x-absent")

    assert await policies.satisfied(NAMES, context(), "Home", {"a": 1}) == NAMES
    assert seen == [
        (
            ANN,
            PolicyRequest(
                method="GET",
                path="/web/x",
                client_address="192.0.2.1",
                headers={"x-region": "eu"},
                operation="Home",
                variables={"a": 1},
            ),
        )
    ]


class Allow:
    """A callable object, of which `__call__` is async."""

    async def __call__(self, identity: Identity, request: PolicyRequest) -> bool:
        await asyncio.sleep(0)
        return identity.subject == "ann" and request.path == "/web/x"


async def allow(identity: Identity, request: PolicyRequest) -> bool:
    return bool(identity.subject and request.path)


@pytest.mark.parametrize("function", [allow, Allow()])
async def test_a_function_may_be_async(
    function: PolicyFunction, threads: PolicyThreads
) -> None:
    assert await of(function, threads).satisfied(NAMES, context()) == NAMES


def raises(identity: Identity, request: PolicyRequest) -> bool:
    raise ValueError(identity.subject, request.path)


async def raises_later(identity: Identity, request: PolicyRequest) -> bool:
    return raises(identity, request)


def truthy(identity: Identity, request: PolicyRequest) -> Any:
    return "no", identity, request


def denies(identity: Identity, request: PolicyRequest) -> bool:
    return identity.subject == request.path


@pytest.mark.parametrize("function", [raises, raises_later, truthy, denies])
async def test_what_does_not_return_true_is_denied(
    function: PolicyFunction, threads: PolicyThreads
) -> None:
    assert await of(function, threads).satisfied(NAMES, context()) == frozenset()


class NoText(Exception):
    def __str__(self) -> str:
        raise LookupError


RAISED = (
    *(SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError),
    *(GeneratorExit, MemoryError, NoText),
)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("is_async", [False, True])
async def test_no_exception_of_a_function_does_more_than_deny(
    error: type[BaseException],
    threads: PolicyThreads,
    caplog: pytest.LogCaptureFixture,
    *,
    is_async: bool,
) -> None:
    def ends(identity: Identity, request: PolicyRequest) -> bool:
        raise error(identity.subject, request.path)

    async def ends_later(identity: Identity, request: PolicyRequest) -> bool:
        return ends(identity, request)

    policies = of(ends_later if is_async else ends, threads, 5.0)
    async with asyncio.timeout(2):
        assert await policies.satisfied(NAMES, context()) == frozenset()
    assert "no decision within" not in caplog.text
    assert "is undecided, and so denied" in caplog.text


async def test_a_request_that_is_cancelled_is_not_denied(
    threads: PolicyThreads,
) -> None:
    policies = of(never, threads, 5.0)
    deciding = asyncio.create_task(policies.satisfied(NAMES, context()))
    await asyncio.sleep(0)
    deciding.cancel()

    with pytest.raises(asyncio.CancelledError):
        await deciding


async def never(identity: Identity, request: PolicyRequest) -> bool:
    await asyncio.Event().wait()
    return identity.subject == request.path


async def test_a_late_function_is_denied(threads: PolicyThreads) -> None:
    assert await of(never, threads, 0.01).satisfied(NAMES, context()) == frozenset()


async def test_functions_that_hang_deny_others_only_within_their_time_limit(
    threads: PolicyThreads,
) -> None:
    released = threading.Event()

    def hangs(identity: Identity, request: PolicyRequest) -> bool:
        return released.wait(30) and identity.subject == request.path

    stuck = of(hangs, threads, 0.05)
    quick = of(lambda *_: True, threads, 0.05)
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(stuck.satisfied(NAMES, context()))
    denied = await quick.satisfied(NAMES, context())
    released.set()
    patient = of(lambda *_: True, threads, 30.0)

    assert denied == frozenset()
    assert await patient.satisfied(NAMES, context()) == NAMES


async def test_an_unknown_name_is_denied(threads: PolicyThreads) -> None:
    policies = of(allow, threads)

    asked = frozenset({"p", "q"})
    assert await policies.satisfied(asked, context()) == frozenset({"p"})


async def test_a_failing_policy_is_logged_once_a_minute_without_the_credential(
    caplog: pytest.LogCaptureFixture, threads: PolicyThreads
) -> None:
    clock = FakeClock()
    policies = Policies({"p": FunctionPolicy(raises, threads, 5.0)}, clock)

    with caplog.at_level(logging.WARNING, "weir.identity"):
        for _ in range(3):
            await policies.satisfied(NAMES, context())
        clock.advance(61)
        await policies.satisfied(NAMES, context())

    assert [record.getMessage() for record in caplog.records] == [
        "the policy p is undecided, and so denied: ValueError: ('ann', '/web/x')"
    ] * 2
