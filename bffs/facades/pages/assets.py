"""The files that pages load: scripts, styles and fonts.

Those of `static` are written by hand. Those of `bundle` are made by `make pages` from
packages of npm, compressed with Brotli, and part of a wheel. `assets.sha256` has their
names and hashes, in the format of sha256sum.

The URL of a file has a digest of all of them, so that browsers need no request to
reuse it, and never mix the files of two versions.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from weir.gateway.context import RequestContext
from weir.gateway.edge.builtin import not_found
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.compression import preferred_coding
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.headers import Headers

_HERE: Final = Path(__file__).parent
_STATIC: Final = _HERE / "static"
_BUNDLE: Final = _HERE / "assets"
_SUMS: Final = _HERE / "assets.sha256"
_TYPES: Final[Mapping[str, bytes]] = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".ttf": b"font/ttf",
    ".txt": b"text/plain; charset=utf-8",
}
_DIGITS: Final = 16
_BROTLI: Final = b"br"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, the digest of its content, and whether the file is compressed."""

    file: Path
    sha256: str
    is_compressed: bool = False


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name; `version` is a digest of all of them."""

    by_name: Mapping[str, Asset]
    version: str

    @property
    def are_complete(self) -> bool:
        """Whether the files of the bundle are there."""
        return all(each.file.exists() for each in self.by_name.values())


@cache
def assets() -> Assets:
    """Return the files of this installation."""
    by_name = dict(_files())
    digest = sha256("".join(each.sha256 for each in by_name.values()).encode())
    return Assets(by_name, digest.hexdigest()[:_DIGITS])


def _files() -> Iterator[tuple[str, Asset]]:
    for file in sorted(_STATIC.iterdir()):
        yield file.name, Asset(file, sha256(file.read_bytes()).hexdigest())
    for line in _SUMS.read_text("utf-8").splitlines():
        digest, name = line.split()
        yield name, Asset(_BUNDLE / f"{name}.br", digest, is_compressed=True)


class AssetEndpoint(ProblemRenderer):
    """Serves the files of `found`."""

    __slots__ = ("_assets",)

    def __init__(self, found: Assets) -> None:
        super().__init__()
        self._assets = found

    async def respond(
        self,
        request: Request,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        version, name = (
            value.decode("latin-1") for _, value in request.path_parameters
        )
        asset = self._assets.by_name.get(name)
        if asset is None or version != self._assets.version or not asset.file.exists():
            raise not_found(request)
        wanted = request.head.headers.get(b"accept-encoding", b"")
        return await asyncio.to_thread(_response, asset, Path(name).suffix, wanted)


def _response(asset: Asset, suffix: str, accept_encoding: bytes) -> Response:
    body = asset.file.read_bytes()
    # Both forms have the same tag, which is weak for this reason.
    headers: Headers = (
        (b"content-type", _TYPES[suffix]),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"etag", b'W/"%s"' % asset.sha256[:_DIGITS].encode()),
        (b"vary", b"Accept-Encoding"),
    )
    if asset.is_compressed:
        coding = preferred_coding(accept_encoding)
        if coding is not None and coding.name == _BROTLI:
            headers = (*headers, (b"content-encoding", _BROTLI))
        else:
            body = _decompress(body)
    return Response(status=200, headers=headers, body=body)


def _decompress(body: bytes) -> bytes:
    module = import_module("brotli")  # without types
    return cast("Callable[[bytes], bytes]", module.decompress)(body)
