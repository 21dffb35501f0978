"""The types of checks: rules on the client and its request, before the body is read.

A check returns None to let a request pass. It returns a response, or raises a
`WeirError`, to end it. A check that has to wait, for a key or a shared counter, is an
`AsyncCheck`. Without one, a request awaits nothing.
"""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import Route

Check: TypeAlias = Callable[[RequestHead, Route, RequestContext], Response | None]
AsyncCheck: TypeAlias = Callable[
    [RequestHead, Route, RequestContext], Coroutine[Any, Any, Response | None]
]
