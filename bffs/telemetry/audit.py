"""The file of the audit log, with its writer."""

from dataclasses import dataclass
from pathlib import Path

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.gateway.telemetry.log.line_writer import LineWriter
from weir.gateway.telemetry.log.log_file import LogFile


@dataclass(frozen=True, slots=True)
class AuditFile:
    """A file, and the writer of its lines."""

    file: LogFile
    lines: LineWriter

    def close(self) -> None:
        """Write what is queued; the file stays open if its reader does not read."""
        if self.lines.close():
            self.file.close()


def audit_file(loaded: LoadedConfig) -> AuditFile | None:
    """Open the file of the audit log; raises ConfigError."""
    path = _path(loaded)
    if path is None:
        return None
    try:
        file = LogFile(path)
    except OSError as error:
        raise _unusable(loaded, path, error) from error
    return AuditFile(file, LineWriter(file.write))


def check_audit_file(loaded: LoadedConfig) -> None:
    """Raise ConfigError if the file cannot be opened, or has no folder.

    A missing file is not created: it would belong to the user of the check.
    """
    path = _path(loaded)
    if path is None:
        return
    try:
        if path.exists():
            LogFile(path).close()
        else:
            path.parent.stat()
    except OSError as error:
        raise _unusable(loaded, path, error) from error


def _path(loaded: LoadedConfig) -> Path | None:
    section = loaded.config.audit
    if section is None or section.file is None:
        return None
    return loaded.folder / section.file


def _unusable(loaded: LoadedConfig, path: Path, error: OSError) -> ConfigError:
    message = f"audit.file: {path} cannot be opened: {error.strerror}"
    return loaded.error(("audit", "file"), message)
