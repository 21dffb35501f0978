"""`weir serve` that asks another name server: `python serve_by_dns.py HOST PORT …`.

What follows are arguments of `weir`. A gateway asks the name servers of its machine,
for which a test has no other setting.
"""

import sys
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

from weir.bffs.cli.main import main

if __name__ == "__main__":
    servers = ((sys.argv[1], int(sys.argv[2])),)
    del sys.argv[1:3]
    with patch("weir.gateway.upstreams.factories.system_servers", return_value=servers):
        main()
