"""TLS to clients, with certificates that are read again when their files change."""

import asyncio
import logging
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from weir.gateway.bounded_file import check_files
from weir.gateway.file_version import FileVersion, file_version

_log: Final = logging.getLogger("weir.server")
_MINIMUM: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_VERIFY_MODE: Final = {
    "request": ssl.CERT_OPTIONAL,
    "require": ssl.CERT_REQUIRED,
}
_ALPN: Final = ("http/1.1",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """The files of a server, in PEM.

    With `client_ca`, certificates of clients are verified by its authorities. A client
    without one is accepted unless they are required. An invalid one never is.
    """

    certificate: str
    key: str
    client_ca: str = ""
    client_certificates: Literal["request", "require"] = "require"
    minimum: Literal["1.2", "1.3"] = "1.3"


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return the context of a server; raise OSError if a file cannot be used."""
    check_files(tls.client_ca, tls.certificate, tls.key)
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=tls.client_ca or None
    )
    context.minimum_version = _MINIMUM[tls.minimum]
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(_ALPN)
    # Without a password here, OpenSSL would read one from the terminal.
    context.load_cert_chain(tls.certificate, tls.key, password="")
    if tls.client_ca:
        context.verify_mode = _VERIFY_MODE[tls.client_certificates]
    return context


def client_certificate(transport: asyncio.BaseTransport) -> str:
    """Return the verified certificate of a client in PEM, or ""."""
    secured = transport.get_extra_info("ssl_object")
    der = secured.getpeercert(binary_form=True) if secured is not None else None
    return ssl.DER_cert_to_PEM_cert(der) if der else ""


class TlsServer:
    """The context for new connections, up to date with its files.

    If a file cannot be used, for example because it is half written, the previous
    context remains in use. The constructor raises OSError.
    """

    __slots__ = ("_context", "_tls", "_versions")

    def __init__(self, tls: ServerTls) -> None:
        self._tls = tls
        self._versions = _versions(tls)
        self._context = server_context(tls)

    def context(self) -> ssl.SSLContext:
        """Return the context for a connection that begins now."""
        versions = _versions(self._tls)
        if versions != self._versions:
            self._versions = versions
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            self._context = server_context(self._tls)
        except OSError as error:
            _log.warning("the previous TLS certificate stays in use: %s", error)
        else:
            _log.warning("a new TLS certificate is in use: %s", self._tls.certificate)


def _versions(tls: ServerTls) -> tuple[FileVersion, ...]:
    return tuple(file_version(Path(name)) for name in _files(tls))


def _files(tls: ServerTls) -> Iterator[str]:
    yield from (tls.certificate, tls.key)
    if tls.client_ca:
        yield tls.client_ca
