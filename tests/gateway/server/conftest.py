from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """The server's own loop: transports differ in what closing means."""
    return {"uvloop": uvloop.new_event_loop}
