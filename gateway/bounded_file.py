"""Files that others write, of which no more is read than a limit allows."""

from pathlib import Path


class UnreadableFile(Exception):
    """A file that cannot be read, or is too large; the message has its path."""


def read_file(file: Path, max_bytes: int) -> bytes:
    """Return the content of a file; raise UnreadableFile."""
    try:
        with file.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise UnreadableFile(message) from error
    if len(content) > max_bytes:
        message = f"{file} is larger than {max_bytes} bytes"
        raise UnreadableFile(message)
    return content
