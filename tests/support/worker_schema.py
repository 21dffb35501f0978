"""A subgraph in Python that shows which worker serves a request."""

import os
import threading
import time

import strawberry


@strawberry.type
class Query:
    @strawberry.field
    def pid(self) -> int:
        return os.getpid()

    @strawberry.field
    async def block(self, seconds: float) -> int:
        """Hold the event loop."""
        time.sleep(seconds)  # noqa: ASYNC251 - it is the fault
        return os.getpid()


schema = strawberry.federation.Schema(query=Query)

# It must not be the thread of the template.
threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
