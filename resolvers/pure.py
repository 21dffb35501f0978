"""The mark of functions that do no I/O."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "__weir_pure__"


def pure(function: F) -> F:
    """Let a synchronous resolver run on the event loop instead of in a thread.

    It must neither wait nor compute for long, because it holds up all requests. It goes
    below the decorators of Strawberry: `@strawberry.field`, then `@pure`.
    """
    setattr(function, _MARK, True)
    return function


def is_pure(function: Callable[..., Any]) -> bool:
    """Return whether a function is marked by `pure`."""
    return getattr(function, _MARK, False)
