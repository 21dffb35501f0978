"""Text files that a configuration or a command names."""

from pathlib import Path

from weir.gateway.bounded_file import open_file


class UnreadableFile(Exception):
    """A file that cannot be read as UTF-8; the text is the reason."""

    def __init__(self, cause: OSError | UnicodeDecodeError) -> None:
        reason = cause.strerror if isinstance(cause, OSError) else "it is not UTF-8"
        super().__init__(reason)


def read_text(file: Path) -> str:
    """Return the text of a file; raises UnreadableFile, also for a pipe."""
    try:
        with open_file(file) as stream:
            return stream.read().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(error) from error


def read_argument(file: Path) -> str:
    """Return the text of an argument, which may be a pipe; raises UnreadableFile."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(error) from error
