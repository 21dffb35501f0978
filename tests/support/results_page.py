"""A page of results whose tables are the output of tests."""

import re
from collections.abc import Mapping

_TABLE = re.compile(r"^<!-- (\w+) -->\n```text\n.*?^```$", re.MULTILINE | re.DOTALL)


class UnknownTable(ValueError):
    """Raised for an output that the page has no table for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the page has no table `<!-- {name} -->`")


def with_results(page: str, outputs: Mapping[str, str]) -> str:
    """Return `page` with the tables of `outputs`, by the names in their comments.

    Tables without a new output stay. Raises UnknownTable.
    """
    for name in outputs.keys() - set(_TABLE.findall(page)):
        raise UnknownTable(name)

    def table(match: re.Match[str]) -> str:
        output = outputs.get(match[1])
        if output is None:
            return match[0]
        lines = [line.rstrip() for line in output.strip("\n").splitlines()]
        return f"<!-- {match[1]} -->\n```text\n" + "\n".join(lines) + "\n```"

    return _TABLE.sub(table, page)
