"""`python -m bffs` is the command `weir`."""

from bffs.cli.main import main

main()
