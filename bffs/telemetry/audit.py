"""The file of the audit log, with its writer."""

from dataclasses import dataclass

from weir.bffs.config.decode import LoadedConfig
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
    section = loaded.config.audit
    if section is None or section.file is None:
        return None
    try:
        file = LogFile(loaded.folder / section.file)
    except OSError as error:
        message = f"audit.file: {section.file} cannot be opened: {error.strerror}"
        raise loaded.error(("audit", "file"), message) from error
    return AuditFile(file, LineWriter(file.write))
