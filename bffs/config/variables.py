"""References to environment variables in the strings of weir.yaml.

`${NAME}` and `${NAME:-default}` are filled from the environment. `$${` stands for the
two characters `${`. Anything else that begins with `${` is an error. Keys are never
filled.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"""
      (?P<escaped> \$\$\{ )
    | \$\{ (?P<name> [A-Za-z_][A-Za-z0-9_]* )
      (?: :- (?P<default> (?: (?!\$\{) [^}] )* ) )? \}
    | (?P<malformed> \$\{ )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A string with its references filled; `errors` names those that cannot be."""

    text: str
    errors: tuple[str, ...]


def fill(text: str, environment: Mapping[str, str]) -> Filled:
    """Return `text` with the values of its references; these are not filled again."""
    errors: list[str] = []

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        if match["malformed"]:
            errors.append(
                "malformed reference to an environment variable; write ${NAME} or"
                " ${NAME:-default}, or $${ for the characters themselves"
            )
            return ""
        found = environment.get(match["name"]) or match["default"]
        if found is None:
            errors.append(
                f"the environment variable {match['name']} is not set; set it, or"
                f" give a default: ${{{match['name']}:-value}}"
            )
        return found or ""

    return Filled(_REFERENCE.sub(value, text), tuple(errors))


def escape(text: str) -> str:
    """Return what has to be written in weir.yaml for `fill` to return `text`."""
    return text.replace("${", "$${")
