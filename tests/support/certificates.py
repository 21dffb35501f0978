"""A certificate authority for tests, made with the openssl command."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")


@dataclass(frozen=True)
class Pem:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Issues certificates that are valid for a day."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        if OPENSSL is None:
            pytest.skip("the openssl command is not installed")
        self.folder = folder
        self.own = Pem(folder / f"{name}.pem", folder / f"{name}.key")
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", f"/CN={name}"),
            # Python 3.13 verifies as RFC 5280 section 4.2.1.3 demands of an authority.
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-keyout", str(self.own.key), "-out", str(self.own.cert)),
        )

    def issue(self, name: str, alternative: str, subject: str | None = None) -> Pem:
        """Return a certificate for a subject alternative name like "IP:127.0.0.1".

        `subject` is like "/CN=name", which is the default.
        """
        pem = Pem(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", subject or f"/CN={name}"),
            *("-addext", f"subjectAltName={alternative}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-CA", str(self.own.cert), "-CAkey", str(self.own.key)),
            *("-keyout", str(pem.key), "-out", str(pem.cert)),
        )
        return pem

    def _openssl(self, *arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run(
            [OPENSSL, *arguments], check=True, capture_output=True, cwd=self.folder
        )
