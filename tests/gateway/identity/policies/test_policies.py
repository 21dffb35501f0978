"""Named policies: Python functions with a time limit, and what denies."""

import asyncio
import logging
import threading
from typing import Any, Final

import pytest
from msgspec import structs

from tests.support.contexts import a_context
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.identity.policies.function_policy import (
    FunctionPolicy,
    PolicyFunction,
)
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.identity.policies.policy import PolicyRequest

ANN: Final = Identity(method="jwt", subject="ann")
NAMES: Final = frozenset({"p"})


def context(identity: Identity = ANN) -> Any:
    sent = structs.replace(
        a_context(),
        method="GET",
        route="/web/x",
        client_address="192.0.2.1",
        client_headers={b"x-region": b"eu", b"cookie": b"secret"},
    )
    return sent.identified(identity)


def of(function: Any, timeout_s: float = 5.0, *headers: str) -> Policies:
    return Policies({"p": FunctionPolicy(function, timeout_s, headers)})


async def test_a_function_sees_the_caller_and_the_request() -> None:
    seen: list[tuple[Identity, PolicyRequest]] = []

    def allow(identity: Identity, request: PolicyRequest) -> bool:
        seen.append((identity, request))
        return True

    policies = of(allow, 5.0, "x-region", "x-absent")

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
async def test_a_function_may_be_async(function: PolicyFunction) -> None:
    assert await of(function).satisfied(NAMES, context()) == NAMES


def raises(identity: Identity, request: PolicyRequest) -> bool:
    raise ValueError(identity.subject, request.path)


async def raises_later(identity: Identity, request: PolicyRequest) -> bool:
    return raises(identity, request)


def truthy(identity: Identity, request: PolicyRequest) -> Any:
    return "no", identity, request


def denies(identity: Identity, request: PolicyRequest) -> bool:
    return identity.subject == request.path


@pytest.mark.parametrize("function", [raises, raises_later, truthy, denies])
async def test_what_does_not_return_true_is_denied(function: PolicyFunction) -> None:
    assert await of(function).satisfied(NAMES, context()) == frozenset()


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
    caplog: pytest.LogCaptureFixture,
    *,
    is_async: bool,
) -> None:
    def ends(identity: Identity, request: PolicyRequest) -> bool:
        raise error(identity.subject, request.path)

    async def ends_later(identity: Identity, request: PolicyRequest) -> bool:
        return ends(identity, request)

    policies = of(ends_later if is_async else ends, 5.0)
    async with asyncio.timeout(30):
        assert await policies.satisfied(NAMES, context()) == frozenset()
    assert "no decision within" not in caplog.text
    assert "is undecided, and so denied" in caplog.text


async def test_a_request_that_is_cancelled_is_not_denied() -> None:
    policies = of(never, 5.0)
    deciding = asyncio.create_task(policies.satisfied(NAMES, context()))
    await asyncio.sleep(0)
    deciding.cancel()

    with pytest.raises(asyncio.CancelledError):
        await deciding


async def never(identity: Identity, request: PolicyRequest) -> bool:
    await asyncio.Event().wait()
    return identity.subject == request.path


async def test_a_late_function_is_denied() -> None:
    assert await of(never, 0.01).satisfied(NAMES, context()) == frozenset()


async def stubborn(identity: Identity, request: PolicyRequest) -> bool:
    while request.path:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 1)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
            return identity.authenticated
    return True


async def test_a_function_that_ignores_its_cancellation_is_denied_in_time() -> None:
    async with asyncio.timeout(0.4):
        denied = await of(stubborn, 0.01).satisfied(NAMES, context())

    assert denied == frozenset()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))


async def test_functions_that_hang_deny_no_other_policy_and_no_other_client() -> None:
    released = threading.Event()

    def hangs(identity: Identity, request: PolicyRequest) -> bool:
        return identity.subject != "ann" or (released.wait(30) and not request.path)

    stuck, quick = of(hangs, 1.0), of(lambda *_: True, 5.0)
    bob = context(Identity(method="jwt", subject="bob"))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(stuck.satisfied(NAMES, context()))

        assert await stuck.satisfied(NAMES, bob) == NAMES
        assert await quick.satisfied(NAMES, context()) == NAMES
    finally:
        released.set()


async def test_an_unknown_name_is_denied() -> None:
    policies = of(allow)

    asked = frozenset({"p", "q"})
    assert await policies.satisfied(asked, context()) == frozenset({"p"})


async def test_a_failing_policy_is_logged_once_a_minute_without_the_credential(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    policies = Policies({"p": FunctionPolicy(raises, 5.0)}, clock)

    with caplog.at_level(logging.WARNING, "weir.identity"):
        for _ in range(3):
            await policies.satisfied(NAMES, context())
        clock.advance(61)
        await policies.satisfied(NAMES, context())

    place = f"{__file__}, line {raises.__code__.co_firstlineno + 1}"
    assert [record.getMessage() for record in caplog.records] == [
        "the policy p is undecided, and so denied: ValueError: ('ann', '/web/x')"
        f" in {place}"
    ] * 2
