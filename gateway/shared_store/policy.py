"""The policy of the store that gateways share."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SharedStorePolicy:
    """The Redis that all users of the store share.

    `timeout_s` is the deadline of a call. A user that has no reply by then goes on with
    what its own process knows.
    """

    url: str = field(repr=False)
    prefix: str = "weir"
    timeout_s: float = 0.005
