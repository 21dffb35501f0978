"""The configuration at a URL, polled by its ETag, with a copy for outages.

The copy is the last valid configuration. It is used if the URL cannot be reached when
the gateway starts.
"""

import base64
import logging
import re
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from pathlib import Path
from typing import TYPE_CHECKING, Final

from weir.bffs.config.decode import LoadedConfig, decode_document
from weir.bffs.config.document import MAX_BYTES, read_document
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem, ReadOnlyConfig
from weir.bffs.config.loopback import is_loopback
from weir.bffs.config.model.values.urls import http_url
from weir.bffs.config.stores.changes import ConfigChange
from weir.bffs.config.stores.listen import AS_CONFIGURED, Listen
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.store import EditedConfig, Versions
from weir.gateway.content_decoding import CodingError, decode_content
from weir.gateway.masking import without_credentials

if TYPE_CHECKING:
    import httpx

_COPY: Final = "config"
_TIMEOUT_S: Final = 10.0
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_DIGEST: Final = re.compile(r"\b(sha-256|sha-512)=:([A-Za-z0-9+/=]+):")
_HASHES: Final = {"sha-256": sha256, "sha-512": sha512}
_WRONG_DIGEST: Final = "the checksum in `Repr-Digest` does not match"
_NOT_TEXT: Final = "not UTF-8"
_log: Final = logging.getLogger(__name__)


class _Unusable(Exception):
    """A response that is not a configuration."""


class Unreachable(ConfigError):
    """The URL did not respond with a configuration."""


@dataclass(slots=True)
class UrlStore:
    """Read-only store of the configuration at `url`.

    File names in it are relative to the working directory.
    """

    url: str
    state_dir: StateDir | None = None
    listen: Listen = AS_CONFIGURED
    _etag: str = field(default="", init=False)
    _fetched: str = field(default="", init=False)
    _loaded: str = field(default="", init=False)
    _is_down: bool = field(default=False, init=False)

    def load(self) -> LoadedConfig:
        """Fetch and decode the configuration; raises ConfigError."""
        try:
            text = self._fetch()
        except Unreachable as error:
            return self._copy(error)
        is_new, self._loaded = text != self._loaded, text
        loaded = self._decoded(text)
        if self.state_dir is not None and is_new:
            self._write_copy(self.state_dir, text)
        return loaded

    def has_changed(self) -> bool:
        """Return whether the text at the URL differs from the last loaded one."""
        try:
            has_changed = self._fetch() != self._loaded
        except Unreachable as error:
            if not self._is_down:
                _log.warning("%s", error)
            self._is_down = True
            return False
        if self._is_down:
            _log.warning("%s: the configuration is available again", self._shown)
        self._is_down = False
        return has_changed

    def edit(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> EditedConfig:
        del change, expected
        message = f"{self._shown} is read-only; change it where it comes from"
        raise ReadOnlyConfig(message)

    def save(self, edited: EditedConfig) -> None:
        del edited

    @property
    def _shown(self) -> str:
        return without_credentials(self.url)

    def _fetch(self) -> str:
        """Return the text at the URL; raises Unreachable."""
        import httpx  # noqa: PLC0415 - most configurations are files

        validators = {"if-none-match": self._etag} if self._etag else {}
        try:
            with httpx.stream(
                "GET", self.url, headers=validators, timeout=_TIMEOUT_S
            ) as response:
                if response.status_code == _NOT_MODIFIED and self._etag:
                    return self._fetched
                text = _text_of(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, _Unusable) as error:
            reason = str(error) or type(error).__name__
            message = f"{self._shown}: cannot fetch the configuration: {reason}"
            raise Unreachable(Problem(message=message)) from error
        self._etag, self._fetched = response.headers.get("etag", ""), text
        return text

    def _copy(self, error: Unreachable) -> LoadedConfig:
        """Return the configuration of the copy; raises `error` without a copy."""
        content = self.state_dir.read(_COPY) if self.state_dir else None
        if content is None or self._loaded:
            raise error
        _log.warning("%s; using the last copy", error)
        self._loaded = content.decode()
        return self._decoded(self._loaded)

    def _write_copy(self, state_dir: StateDir, text: str) -> None:
        try:
            state_dir.write(_COPY, text.encode())
        except OSError as error:
            _log.warning("%s cannot be written: %s", state_dir.folder, error.strerror)

    def _decoded(self, text: str) -> LoadedConfig:
        document = read_document(text, self._shown, environment(Path()))
        return self.listen.apply_to(decode_document(document))


def is_config_url(config: str) -> bool:
    """Return whether `--config` is a URL.

    Raises ConfigError for an invalid URL, and for `http` except for a loopback address.
    """
    shown = without_credentials(config)
    try:
        url = http_url(config)
    except ValueError as error:
        raise ConfigError(Problem(message=f"{shown}: {error}")) from error
    if url is None:
        return False
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ConfigError(Problem(message=f"{shown}: use https"))
    return True


def _text_of(response: "httpx.Response") -> str:
    """Return the text of a response of limited size; raises _Unusable."""
    if response.status_code != _OK:
        reason = f"status {response.status_code}"
        raise _Unusable(reason)
    content = bytearray()
    for part in response.iter_raw():
        content += part
        if len(content) > MAX_BYTES:
            reason = f"larger than {MAX_BYTES} bytes"
            raise _Unusable(reason)
    coding = response.headers.get("content-encoding", "").encode()
    try:
        # httpx would decode each part as a whole, without a limit.
        decoded = decode_content(coding, bytes(content), MAX_BYTES)
    except CodingError as error:
        raise _Unusable(str(error)) from error
    if not _matches(response.headers.get("repr-digest", ""), decoded):
        raise _Unusable(_WRONG_DIGEST)
    try:
        return decoded.decode()
    except UnicodeDecodeError as error:
        raise _Unusable(_NOT_TEXT) from error


def _matches(digests: str, content: bytes) -> bool:
    """Return whether all known digests are those of `content` (RFC 9530 §3)."""
    return all(
        base64.b64encode(_HASHES[name](content).digest()).decode() == digest
        for name, digest in _DIGEST.findall(digests)
    )
