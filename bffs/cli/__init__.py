"""The commands of `weir`: one file per command, each returning an exit code.

0: success. 1: failure, such as subgraphs that do not compose or a breaking change.
2: wrong arguments or files.
"""

OK = 0
FAILED = 1
USAGE_ERROR = 2
