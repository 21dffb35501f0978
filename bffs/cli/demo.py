"""`weir demo`: the demo's services, watched, and the gateway in front of them."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import weir
from weir.bffs.cli import USAGE_ERROR
from weir.bffs.cli.serve import serve_config
from weir.bffs.config.stores.listen import AS_CONFIGURED

_CHECKOUT = Path(weir.__file__).parent.parent
_CONFIG = Path("examples/streaming/weir.yaml")


def run_demo(services_port: int) -> int:
    """Serve the demo until told to stop; return the exit code.

    Its services listen above `services_port`.
    """
    if not (_CHECKOUT / _CONFIG).exists():
        message = "weir: the demo is part of the repository; run it in a checkout"
        print(message, file=sys.stderr)  # noqa: T201 - to a person
        return USAGE_ERROR
    # The demo's own package is imported from here, by us and by its services.
    os.chdir(_CHECKOUT)
    # It ends with our end of its standard input, however we end.
    services = subprocess.Popen(  # noqa: S603 - our own module, a number of ours
        [
            *(sys.executable, "-m", "examples.streaming", "--stop-with-stdin"),
            *("--base-port", str(services_port)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A Ctrl-C is ours: the services are there until the last answer is sent.
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
    """Copy the services' lines up to `ready`; tell weir.yaml where each one is."""
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
