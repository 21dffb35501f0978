"""The Cache-Control that the author of an endpoint states for its responses."""

import re
from typing import Final

from weir.gateway.cache_control import NO_STATEMENT, CacheControl, read_cache_control

_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_WITH_SECONDS: Final = (
    "max-age",
    "s-maxage",
    "stale-while-revalidate",
    "stale-if-error",
)
_WITHOUT: Final = ("private", "no-cache", "no-store", "must-revalidate")


class InvalidCachePolicy(ValueError):
    """A policy that cannot be stated; the message is the reason."""


def read_cache_policy(text: str) -> CacheControl:
    """Return the policy in the syntax of Cache-Control; "" states nothing.

    Raises InvalidCachePolicy. Services decide whether a response is `public`, because
    only they know whether it is the same for all callers.
    """
    if not text:
        return NO_STATEMENT
    names = [_checked(each.strip()) for each in text.split(",")]
    for name in names:
        if names.count(name) > 1:
            message = f"`{name}` is given twice"
            raise InvalidCachePolicy(message)
    policy = read_cache_control(((b"cache-control", text.encode()),))
    if not (policy.states_lifetime or policy.no_store or policy.no_cache):
        message = "expected `max-age`, `s-maxage`, `no-cache` or `no-store`"
        raise InvalidCachePolicy(message)
    return policy


def _checked(directive: str) -> str:
    name, equals, value = directive.partition("=")
    if name in _WITHOUT and not equals:
        return name
    if name in _WITH_SECONDS:
        if _SECONDS.fullmatch(value):
            return name
        message = f'`{name}` needs seconds, such as "{name}=60"'
        raise InvalidCachePolicy(message)
    if name == "public":
        message = "services decide whether a response is `public`"
        raise InvalidCachePolicy(message)
    known = ", ".join((*_WITH_SECONDS, *_WITHOUT))
    message = f'there is no directive "{directive}"; there are: {known}'
    raise InvalidCachePolicy(message)
