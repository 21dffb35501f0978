"""`weir demo`: starts and supervises the demo's services, and serves the gateway."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import weir
from weir.bffs.cli import USAGE_ERROR
from weir.bffs.cli.gateway.serve import serve_config
from weir.bffs.config.stores.listen import AS_CONFIGURED

_CHECKOUT = Path(weir.__file__).parent.parent
_CONFIG = Path("examples/streaming/weir.yaml")


def run_demo(services_port: int) -> int:
    """Serve the demo until a signal stops it; return the exit code.

    Its services listen above `services_port`.
    """
    if not (_CHECKOUT / _CONFIG).exists():
        message = "weir: the demo is part of the repository; run it in a checkout"
        print(message, file=sys.stderr)  # noqa: T201 - to a person
        return USAGE_ERROR
    # This process and the services import the demo's package from here.
    os.chdir(_CHECKOUT)
    # It ends when its standard input closes, so also when this process is killed.
    services = subprocess.Popen(  # noqa: S603 - our own module, a number of ours
        [
            *(sys.executable, "-m", "examples.streaming", "--stop-with-stdin"),
            *("--base-port", str(services_port)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A Ctrl-C reaches this process only, so that the services outlive the drain.
        start_new_session=True,
    )
    assert services.stdin is not None
    assert services.stdout is not None
    try:
        if not _until_ready(services.stdout):
            return services.wait() or 1
        threading.Thread(target=_copy, args=(services.stdout,), daemon=True).start()
        return serve_config(str(_CONFIG), AS_CONFIGURED)
    finally:
        services.stdin.close()
        services.wait()


def _until_ready(lines: IO[str]) -> bool:
    """Copy the services' lines up to `ready`, and set the variable of each address."""
    for line in lines:
        print(line, end="", file=sys.stderr, flush=True)  # noqa: T201 - to a person
        match line.split():
            case ["ready"]:
                return True
            case [name, url, "pid", _]:
                os.environ[name.replace("-", "_").upper()] = url
            case _:
                pass
    return False


def _copy(lines: IO[str]) -> None:
    for line in lines:
        print(line, end="", file=sys.stderr, flush=True)  # noqa: T201 - to a person
