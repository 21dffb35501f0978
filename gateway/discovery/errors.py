"""What can go wrong when instances are looked up; never a client's concern.

DiscoveryError
+-- NoSuchName      the name does not exist, or has no record of this kind
+-- BadAnswer       what came back is no answer to the question
+-- NoAnswer        no server answered in time
"""


class DiscoveryError(Exception):
    """The instances could not be looked up; those known before are kept."""


class NoSuchName(DiscoveryError):
    """There is no such record."""


class BadAnswer(DiscoveryError):
    """A server's message is not one that can be used."""


class NoAnswer(DiscoveryError):
    """No server answered."""
