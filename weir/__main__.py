"""`python -m weir` is the command `weir`."""

from weir.bffs.cli.main import main

main()
