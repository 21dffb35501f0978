"""The policy of the shared Redis."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RedisPolicy:
    """The URL of Redis; `timeout_s` is the maximum time that a request waits for it."""

    url: str = field(repr=False)
    prefix: str = "weir"
    timeout_s: float = 0.05
