"""Run one instance: python -m examples.streaming.services catalog --port 5101."""

import argparse
import os
import signal
import sys
from importlib import import_module

import uvicorn

from examples.streaming.parent import call_when_parent_ends
from examples.streaming.ports import OFFSETS
from examples.streaming.services.instance import ASGIApp, Instance


def main() -> None:
    options = parser().parse_args()
    # After closing, uvicorn raises the signal that stopped it again.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    if options.stop_with_stdin:
        call_when_parent_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    name = options.instance or f"{options.service}-{options.port}"
    app = Instance(options.service, name, service_app(options.service, options.state))
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        lifespan="off",
        ws="none",
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m examples.streaming.services")
    arguments.add_argument("service", choices=sorted(OFFSETS))
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--instance", default="", help="name in /health and logs")
    arguments.add_argument(
        "--state", default=":memory:", help="SQLite file that instances share"
    )
    arguments.add_argument(
        "--stop-with-stdin",
        action="store_true",
        help="stop when standard input ends, which it does when the parent dies",
    )
    return arguments


def service_app(service: str, state_file: str) -> ASGIApp:
    """Import only the modules of this service, because ten processes start at once."""
    module = import_module(f"examples.streaming.services.{service}")
    app: ASGIApp = module.create_app(state_file)
    return app


if __name__ == "__main__":
    main()
