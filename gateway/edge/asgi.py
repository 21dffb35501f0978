"""ASGI's shapes, for the two places that speak it: the edge and the server.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ARRIVED: Final = "weir.arrived_s"
"""Key of a scope: monotonic seconds at which the head had been read."""
REFUSED: Final = "weir.refused"
"""Key of a scope: the class of the error that the server answered the request with."""
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
