"""`python -m bffs` is the command `weir`."""

from bffs.cli import main

main()
