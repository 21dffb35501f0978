"""`weir demo` without times that a busy machine exceeds.

usage: python -m tests.support.patient_demo FILE demo [OPTION ...]

FILE has the configuration. The gateway is started by the command `weir`.
"""

import sys
from pathlib import Path

from weir.bffs.cli.gateway import demo
from weir.bffs.cli.main import main

if __name__ == "__main__":
    demo._CONFIG = Path(sys.argv.pop(1))  # noqa: SLF001 - the command has no option for it
    main()
