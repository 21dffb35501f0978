"""The pytest plugin: `assert_degrades`, with snapshots that reviewers read.

    async def test_reviews_are_optional(assert_degrades):
        async with gateway("weir.yaml", SERVICES) as tested:
            await assert_degrades(tested, "mobile", down="reviews")

The snapshot is `snapshots/mobile-reviews.txt` beside the test.
`pytest --weir-update-snapshots` writes it.
"""

from collections.abc import Awaitable, Callable
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from weir.bffs.testing.gateway import TestedGateway

_OPTION = "--weir-update-snapshots"
AssertDegrades: TypeAlias = Callable[..., Awaitable[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes snapshots."""
    group = parser.getgroup("weir")
    group.addoption(
        _OPTION,
        action="store_true",
        help="write the snapshots of assert_degrades instead of comparing them",
    )


@pytest.fixture
def assert_degrades(request: pytest.FixtureRequest) -> AssertDegrades:
    """Return a function that compares what a façade returns with a snapshot.

    Its arguments are a gateway, the name of a façade, and `down`: the service that is
    down. Others are those of `Scenario`, such as `fault` and `variables`.
    """
    folder = request.path.parent / "snapshots"
    updates = bool(request.config.getoption(_OPTION))

    async def check(
        tested: "TestedGateway", facade: str, *, down: str, **options: Any
    ) -> None:
        # Other test suites start without the gateway.
        from weir.bffs.testing.degradation import Scenario, degradation  # noqa: PLC0415

        found = await degradation(tested, facade, Scenario(down, **options))
        _compare(found, folder / f"{facade}-{down}.txt", updates=updates)

    return check


def _compare(found: str, snapshot: Path, *, updates: bool) -> None:
    if updates:
        snapshot.parent.mkdir(exist_ok=True)
        snapshot.write_text(found, encoding="utf-8")
        return
    expected = snapshot.read_text(encoding="utf-8") if snapshot.exists() else ""
    if found != expected:
        changes = unified_diff(
            expected.splitlines(), found.splitlines(), str(snapshot), "now", lineterm=""
        )
        message = (
            f"the façade degrades in another way; check the change, and run pytest"
            f" {_OPTION} to accept it\n" + "\n".join(changes)
        )
        raise AssertionError(message)
