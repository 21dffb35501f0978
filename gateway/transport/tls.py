"""TLS to upstreams, always verified, with an optional client certificate."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

from weir.gateway.bounded_file import check_files
from weir.gateway.file_version import FileVersion, file_version
from weir.gateway.transport.policy import TlsPolicy

_MINIMUM: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_Versions: TypeAlias = tuple[FileVersion, ...]


def client_context(
    policy: TlsPolicy, alpn: tuple[str, ...] = ("http/1.1",)
) -> ssl.SSLContext:
    """Return the context of `policy`; raise OSError if a file cannot be used."""
    check_files(policy.ca_file, policy.cert_file, policy.key_file)
    context = ssl.create_default_context(cafile=policy.ca_file or None)
    context.minimum_version = _MINIMUM[policy.minimum]
    context.set_alpn_protocols(alpn)
    if policy.pins:
        from weir.gateway.transport.pins import pinned  # noqa: PLC0415

        context.sslobject_class = pinned(policy.pins)
    if policy.cert_file:
        context.load_cert_chain(policy.cert_file, policy.key_file or None)
    return context


class TlsClient:
    """The TLS context for new connections, up to date with its files.

    Short-lived certificates are replaced on disk while the gateway runs. If a file
    cannot be used, for example because it is incomplete, the previous context remains.
    """

    def __init__(
        self, policy: TlsPolicy, alpn: tuple[str, ...] = ("http/1.1",)
    ) -> None:
        self._policy = policy
        self._alpn = alpn
        self._versions = _versions(policy)
        self._context = client_context(policy, alpn)

    def context(self) -> ssl.SSLContext:
        versions = _versions(self._policy)
        if versions != self._versions:
            try:
                self._context = client_context(self._policy, self._alpn)
            except OSError:
                return self._context
            self._versions = versions
        return self._context


class FreshContext(ssl.SSLContext):
    """A context for libraries that store one: each handshake uses the current files."""

    _client: TlsClient

    @classmethod
    def of(cls, client: TlsClient) -> "FreshContext":
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._client = client
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - the signature of the base class
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return self._client.context().wrap_bio(
            incoming, outgoing, server_side, server_hostname, session
        )

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Do nothing: the contexts of the client have their protocols."""


def _versions(policy: TlsPolicy) -> _Versions:
    return tuple(map(file_version, _files(policy)))


def _files(policy: TlsPolicy) -> Iterable[Path]:
    names = (policy.ca_file, policy.cert_file, policy.key_file)
    return (Path(name) for name in names if name)
