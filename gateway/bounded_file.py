"""Files that others write, of which no more is read than a limit allows."""

from pathlib import Path


class UnreadableFile(Exception):
    """A file that cannot be read, or is too large: its path, and the `reason`."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} {reason}")
        self.reason = reason


def read_file(file: Path, max_bytes: int) -> bytes:
    """Return the content of a file; raise UnreadableFile.

    The cause of the error is the OSError, if there is one.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(file, f"cannot be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise UnreadableFile(file, f"is larger than {max_bytes} bytes")
    return content
