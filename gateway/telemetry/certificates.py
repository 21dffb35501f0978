"""The times at which the gateway's own certificates expire."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cryptography import x509

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.file_version import FileVersion, file_version

_MAX_BYTES: Final = 1024 * 1024


class CertificateExpiry:
    """The certificates in PEM files by name; a file is read again when it changes."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._read: dict[Path, tuple[FileVersion, float | None]] = {}

    def values(self) -> Iterator[tuple[tuple[str], float]]:
        """Yield when the first certificate of each file expires, since the epoch.

        A file that cannot be read is left out.
        """
        for name, file in self._files.items():
            expires_s = self._expires_s(file)
            if expires_s is not None:
                yield (name,), expires_s

    def _expires_s(self, file: Path) -> float | None:
        version = file_version(file)
        known = self._read.get(file)
        if known is None or known[0] != version:
            known = self._read[file] = version, _first_expiry_s(file)
        return known[1]


def _first_expiry_s(file: Path) -> float | None:
    try:
        certificates = x509.load_pem_x509_certificates(read_file(file, _MAX_BYTES))
    except (UnreadableFile, ValueError):
        return None
    return min(each.not_valid_after_utc.timestamp() for each in certificates)
