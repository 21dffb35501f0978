"""The check that the names of a schema's features do not conflict.

A feature reserves its namespace, all names that begin with the namespace and "__", and
the names of its imported elements. No name may belong to two features.
"""

import re
from collections.abc import Iterable, Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.link.links import FEDERATION_IDENTITY, SPECS, Link
from weir.schema.link.parse_links import InvalidLink

_NAMESPACE = re.compile(r"[_A-Za-z][_0-9A-Za-z.-]*\Z")
_RESERVED = "join"
"""The namespace of the join spec, which the supergraph uses."""

_IN_FEDERATION = frozenset({f"{SPECS}/tag", f"{SPECS}/inaccessible"})
"""The specs whose directives a subgraph imports from federation."""


def check_names(links: Iterable[Link]) -> None:
    """Check the names of all features of a schema. Raises InvalidLink at the first."""
    features = tuple(links)
    for link in features:
        problem = _namespace_problem(link)
        if problem:
            raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, problem, link.node)
    for index, link in enumerate(features):
        for other in features[: index + 1]:
            problem = _problem(link, other)
            if problem:
                message = _hint(link, other) or problem
                node = link.node or other.node
                raise InvalidLink(Code.INVALID_LINK_DIRECTIVE_USAGE, message, node)


def _namespace_problem(link: Link) -> str:
    name = link.namespace
    if _NAMESPACE.match(name) and "__" not in name and not name.endswith("_"):
        return ""
    return (
        f'Cannot link "{link.url}" as "{name}": a namespace begins with a letter, has'
        ' no "__" and does not end in "_"; give it another name with `as`'
    )


def _problem(link: Link, other: Link) -> str:
    """Return the conflict of two features, or of the imports of one, else ""."""
    if link is not other and link.namespace == other.namespace:
        return (
            f'"{link.url}" and "{other.url}" are both linked as "{link.namespace}";'
            " give one of them another name with `as`"
        )
    problems = [_confused(link, other.namespace, is_own=link is other)]
    if link is other:
        problems.append(_confused(link, _RESERVED, is_own=False))
    else:
        problems.append(_confused(other, link.namespace, is_own=False))
    problems.append(next(_imported_twice(link, other), ""))
    return next(filter(None, problems), "")


def _confused(link: Link, namespace: str, *, is_own: bool) -> str:
    """Return the conflict of an import with a namespace, else ""."""
    for element, alias in link.imports.items():
        name = alias.removeprefix("@")
        prefix, separator, rest = name.partition("__")
        if separator and prefix == namespace:
            meant = rest
        elif alias.startswith("@") and name == namespace:
            meant = link.url.name
        else:
            continue
        if not is_own or meant != element.removeprefix("@"):
            return (
                f'Cannot import "{element}" of "{link.url}" as "{alias}": that name'
                f' belongs to the namespace "{namespace}"'
            )
    return ""


def _imported_twice(link: Link, other: Link) -> Iterator[str]:
    for element, alias in link.imports.items():
        for another, taken in other.imports.items():
            if alias == taken and (link is not other or element != another):
                yield (
                    f'Cannot import "{element}" of "{link.url}" as "{alias}":'
                    f' "{another}" of "{other.url}" is imported under that name'
                )


def _hint(link: Link, other: Link) -> str:
    """Return a fix for a conflict of federation with the spec of its directive."""
    identities = {link.url.identity, other.url.identity}
    spec = next(iter(identities & _IN_FEDERATION), "")
    if FEDERATION_IDENTITY not in identities or not spec:
        return ""
    name = spec.rpartition("/")[2]
    return (
        f'Import "@{name}" from "{FEDERATION_IDENTITY}" instead of linking "{spec}",'
        " which is for supergraphs"
    )
