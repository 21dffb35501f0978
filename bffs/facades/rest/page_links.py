"""The Link field that leads to other pages of a collection (RFC 8288).

The references consist of a query. So they are right behind a proxy that serves the
endpoint at another path.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlencode

from graphql import IntValueNode

from weir.bffs.facades.errors import InvalidParameter
from weir.bffs.facades.http.query_string import query_pairs
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.headers import Headers

Parameter: TypeAlias = tuple[str, str]
_LONGEST: Final = 4096
"""The longest query of a link. A client could not send one that is much longer."""


def sent_parameters(query: str) -> Sequence[Parameter]:
    """Return each parameter of a request, in order."""
    return [
        (name, text)
        for name, texts in query_pairs(query, InvalidParameter)
        for text in texts
    ]


def page_links(targets: Iterable[tuple[str, Sequence[Parameter]]]) -> Headers:
    """Return the field for the parameters of each relation, such as `next`."""
    queries = [(relation, urlencode(parameters)) for relation, parameters in targets]
    found = [
        f'<?{query}>; rel="{relation}"'
        for relation, query in queries
        if len(query) <= _LONGEST
    ]
    return ((b"link", ", ".join(found).encode()),) if found else ()


def default_number(stored: StoredOperation, variable: str) -> str:
    """Return the default of a variable, "" without a number."""
    for each in stored.definition.variable_definitions or ():
        if each.variable.name.value == variable:
            default = each.default_value
            return default.value if isinstance(default, IntValueNode) else ""
    return ""
