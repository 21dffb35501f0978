"""Immutable values that are made many times in each request.

A frozen dataclass sets each field through `object.__setattr__`, which makes a value of
fourteen fields cost 1.9 µs where a plain one costs 0.7. So the immutability of these is
the type checkers' work: to them `value` is `dataclass`, and an assignment is an error.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, **options: Any) -> Any:
        """Make a dataclass that is frozen by contract, and can be hashed like one."""
        return dataclass(unsafe_hash=frozen, **options)


__all__ = ["value"]
