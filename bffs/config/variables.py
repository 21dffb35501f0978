"""References to environment variables and to secrets in the strings of weir.yaml.

`${NAME}` and `${NAME:-default}` are filled from the environment, `${file:PATH}` with
the text of a file, and `${credential:NAME}` with that of a credential of systemd. `$${`
stands for the two characters `${`. Anything else that begins with `${` is an error.
Keys are never filled.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from weir.bffs.config.secret_files import SecretUnreadable, read_secret

_REFERENCE = re.compile(
    r"""
      (?P<escaped> \$\$\{ )
    | \$\{ (?P<kind> file | credential ) : (?!-) (?P<secret> [^}]+ ) \}
    | \$\{ (?P<name> [A-Za-z_][A-Za-z0-9_]* )
      (?: :- (?P<default> (?: (?!\$\{) [^}] )* ) )? \}
    | (?P<malformed> \$\{ )
    """,
    re.VERBOSE,
)


_QUOTED: Final = re.compile(r"(['\"])(.+?)\1")
_SHORTEST_HIDDEN: Final = 4


@dataclass(frozen=True, slots=True)
class Reference:
    """A string with references: its text for display, and the values."""

    shown: str
    values: Mapping[str, str]

    def redact(self, message: str) -> str:
        """Return `message` with the names of the variables in place of their values.

        A quotation of a part of a value is hidden as well, and so is each of its lines.
        A text of fewer than four characters stays, because it would match anywhere.
        """
        for name, value in self.values.items():
            shown = f"${{{name}}}"
            quoted = (match[2] for match in _QUOTED.finditer(message))
            parts = [part for part in quoted if part in value]
            for text in (value, repr(value)[1:-1], *value.splitlines(), *parts):
                if len(text) >= _SHORTEST_HIDDEN:
                    message = message.replace(text, shown)
        return message


@dataclass(frozen=True, slots=True)
class Filled:
    """A string with its references filled; `errors` has those that cannot be filled."""

    text: str
    reference: Reference | None
    errors: tuple[str, ...]


def fill(
    text: str, environment: Mapping[str, str], folder: Path | None = None
) -> Filled:
    """Return `text` with the values of its references; these are not filled again.

    Files are relative to `folder`, or to the working directory.
    """
    errors: list[str] = []
    values: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        if match["malformed"]:
            errors.append(
                "malformed reference to an environment variable; write ${NAME} or"
                " ${NAME:-default}, or $${ for the characters themselves, or"
                " ${file:PATH} for a file"
            )
            return ""
        if match["kind"]:
            return secret(match)
        found = environment.get(match["name"]) or match["default"]
        if found is None:
            errors.append(
                f"the environment variable {match['name']} is not set; set it, or"
                f" give a default: ${{{match['name']}:-value}}"
            )
        values[match["name"]] = found or ""
        return values[match["name"]]

    def secret(match: re.Match[str]) -> str:
        kind, name = match["kind"], match["secret"]
        try:
            found = read_secret(kind, name, environment, folder or Path())
        except SecretUnreadable as error:
            errors.append(str(error))
            return ""
        values[f"{kind}:{name}"] = found
        return found

    filled = _REFERENCE.sub(value, text)
    reference = Reference(_REFERENCE.sub(_shown, text), values) if values else None
    return Filled(filled, reference, tuple(errors))


def _shown(match: re.Match[str]) -> str:
    """Return a reference without its default, which may be as secret as a value."""
    if match["kind"]:
        return match[0]
    return f"${{{match['name']}}}" if match["name"] else "${"


def escape(text: str) -> str:
    """Return `text` escaped for weir.yaml, so that `fill` returns it unchanged."""
    return text.replace("${", "$${")
