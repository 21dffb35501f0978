"""What `weir` does besides serving: one file per command, each returning an exit code.

0 is yes, 1 is no (it does not compose, the change breaks clients), 2 is a mistake of
the person who called.
"""

OK = 0
FAILED = 1
USAGE_ERROR = 2
