"""The errors of discovery, which clients never see.

DiscoveryError
+-- NoSuchName        the name does not exist, or has no record of this type
+-- InvalidResponse   the message is not a valid response to the query
+-- NoResponse        no server responded in time
+-- ReportedFailure   another process has failed, and repeats it
"""


class DiscoveryError(Exception):
    """A failed discovery; the instances known before remain in use."""


class NoSuchName(DiscoveryError):
    """A name without a record of this type."""


class InvalidResponse(DiscoveryError):
    """A message of a server, or a file, that cannot be used."""


class NoResponse(DiscoveryError):
    """A query to which no server responded in time."""


class ReportedFailure(DiscoveryError):
    """A failed discovery of the process that follows the source, and repeats it."""
