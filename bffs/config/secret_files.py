"""Files with one secret each, which `${file:...}` and `${credential:...}` name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from weir.gateway.bounded_file import UnreadableFile, read_file

_MAX_BYTES: Final = 64 * 1024
_DIRECTORY: Final = "CREDENTIALS_DIRECTORY"
"""The folder of the credentials of a service of systemd (systemd.exec(5))."""


class SecretUnreadable(ValueError):
    """A secret that cannot be used; the message gives the reason and the fix."""


def read_secret(
    kind: str, name: str, environment: Mapping[str, str], folder: Path
) -> str:
    """Return the text of a secret without the line break at its end.

    A "file" is relative to `folder`, and a "credential" is one of systemd. Raises
    SecretUnreadable.
    """
    file = folder / name if kind == "file" else _credential(name, environment)
    try:
        text = read_file(file, _MAX_BYTES).decode()
    except UnreadableFile as error:
        raise SecretUnreadable(str(error)) from None
    except ValueError:
        # Also of a path with a null byte; the original error has the content.
        message = f"{file} cannot be read: it is not UTF-8"
        raise SecretUnreadable(message) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        message = f"{file} is empty"
        raise SecretUnreadable(message)
    return text


def _credential(name: str, environment: Mapping[str, str]) -> Path:
    folder = environment.get(_DIRECTORY)
    if not folder:
        message = (
            f"systemd has set no credentials; set `LoadCredential={name}:...` in the"
            " unit"
        )
        raise SecretUnreadable(message)
    if "/" in name or name in {".", ".."}:
        message = f"expected the name of a credential, got {name!r}"
        raise SecretUnreadable(message)
    return Path(folder) / name
