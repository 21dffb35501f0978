"""Errors at the start of the server; the command line exits with code 2."""

import errno

from weir.gateway.server.address import Address

_REASONS = {
    errno.EADDRINUSE: "the address is in use by another process",
    errno.EADDRNOTAVAIL: "the address is not an address of this machine",
    errno.EACCES: "the address needs privileges that this process does not have",
}


class ListenError(Exception):
    """An address that cannot be listened on; the message has the reason."""

    def __init__(self, address: Address, cause: OSError) -> None:
        reason = _REASONS.get(cause.errno or 0, cause.strerror or str(cause))
        super().__init__(f"cannot listen on {address}: {reason}")
        self.address = address


class WorkersFailed(Exception):
    """Workers that do not start; the message has the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the workers do not start: {reason}")
