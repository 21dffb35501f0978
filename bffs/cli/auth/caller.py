"""The caller of an imagined request, identified as a serving gateway does it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.generations.generation import Generation
from weir.gateway.clock import SystemClock
from weir.gateway.context import Identity, RequestContext
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import Headers
from weir.gateway.ids import RandomIds
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.trace_parent import TraceParent

_DEADLINE_S: Final = 60.0
_ADDRESS: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SentCredentials:
    """The credentials of a request: in header fields, and a certificate in PEM."""

    fields: Headers
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """Files with a bearer token, an API key or a client certificate.

    A caller without any of them is anonymous.
    """

    token: Path | None = None
    key: Path | None = None
    certificate: Path | None = None

    def read(self, config: Config) -> SentCredentials:
        """Return the credentials that a request would have; raises ConfigError."""
        identity = config.identity
        lines: list[tuple[bytes, bytes]] = []
        pem = ""
        if self.token is not None:
            if identity is None or not identity.accepts_tokens:
                message = "--token has no effect without `identity.jwt`"
                raise ConfigError(Problem(message=message))
            lines.append(
                (b"authorization", b"Bearer " + _credential(self.token).encode())
            )
        if self.key is not None:
            if identity is None or identity.api_keys is None:
                message = "--key has no effect without `identity.api_keys`"
                raise ConfigError(Problem(message=message))
            name = identity.api_keys.header.lower().encode()
            lines.append((name, _credential(self.key).encode()))
        if self.certificate is not None:
            if identity is None or identity.client_certificates is None:
                message = (
                    "--certificate has no effect without `identity.client_certificates`"
                )
                raise ConfigError(Problem(message=message))
            pem = _credential(self.certificate)
        return SentCredentials(tuple(lines), pem)


def _credential(file: Path) -> str:
    try:
        return read_text(file).strip()
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error


async def identified(
    generation: Generation, sent: SentCredentials, route: str
) -> RequestContext:
    """Return the context of a request with these credentials, with its caller.

    Raises the errors of credentials, each a WeirError.
    """
    head = RequestHead(
        method="POST",
        path=route,
        query="",
        http_version="1.1",
        headers=header_map(sent.fields),
        lines=sent.fields,
        scheme="http",
        # Not that of a proxy, whose certificate would not be that of a client.
        peer="",
        arrived_s=SystemClock.monotonic_s(),
        certificate=sent.certificate,
    )
    context = _context(head, generation.id)
    return context.identified(await _identity(generation, head))


async def _identity(generation: Generation, head: RequestHead) -> Identity:
    authentication = generation.identification.authentication
    known = authentication.identify_now(head, _ADDRESS)
    return known or await authentication.identify(head, _ADDRESS)


def _context(head: RequestHead, generation: str) -> RequestContext:
    ids = RandomIds()
    return RequestContext(
        request_id="",
        trace=TraceParent(trace_id=ids.trace_id(), parent_id=ids.span_id()),
        client_type="",
        generation_id=generation,
        deadline_s=head.arrived_s + _DEADLINE_S,
        sink=FanOut([]),
        method=head.method,
        route=head.path,
        client_headers=head.headers,
        client_address=_ADDRESS,
    )
