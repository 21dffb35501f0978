"""The namespaces of the features that a supergraph links.

A feature is linked under its own name if that is valid and does not conflict with the
name or the imports of another feature. Otherwise its namespace is a number behind a
prefix that no name in the graph has.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count, product
from string import ascii_letters, digits

from weir.schema.link.links import JOIN_IDENTITY, LINK_IDENTITY
from weir.schema.link.url import FeatureUrl
from weir.schema.merging.composed import SupergraphLink
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")


def with_namespaces(
    links: Sequence[SupergraphLink], subgraphs: Sequence[SubgraphSchema]
) -> tuple[SupergraphLink, ...]:
    """Set the namespaces of links that cannot use their feature's name."""
    taken = {FeatureUrl.parse(f"{each}/v1.0").name for each in _OWN}
    fresh = _fresh_namespaces(links, subgraphs)
    named: list[SupergraphLink] = []
    for link in links:
        name = link.url.name
        others = [each for each in links if each is not link]
        if _is_valid(name) and name not in taken and not _is_confused(link, others):
            named.append(link)
        else:
            suffix = re.sub(r"[^A-Za-z]", "", name)
            name = f"{next(fresh)}{suffix}"
            named.append(replace(link, namespace=name))
        taken.add(name)
    return tuple(named)


_OWN = (LINK_IDENTITY, JOIN_IDENTITY)


def _is_valid(name: str) -> bool:
    return bool(_NAME.match(name)) and "__" not in name and not name.endswith("_")


def _is_confused(link: SupergraphLink, others: Sequence[SupergraphLink]) -> bool:
    """Return whether the name of a directive would refer to another element."""
    name = link.url.name
    return any(
        _meant(visible, name, link.url.name) not in {None, element}
        for element, visible in link.directives.items()
    ) or any(
        _meant(visible, name, "") is not None
        for other in others
        for visible in other.directives.values()
    )


def _meant(visible: str, namespace: str, root: str) -> str | None:
    """Return the element of a namespace that a name refers to, if any."""
    if visible == namespace:
        return root
    prefix, separator, rest = visible.partition("__")
    return rest if separator and prefix == namespace else None


def _fresh_namespaces(
    links: Sequence[SupergraphLink], subgraphs: Sequence[SubgraphSchema]
) -> Iterator[str]:
    names = {link.url.name for link in links}
    names |= {name for link in links for name in link.directives.values()}
    for each in subgraphs:
        names |= {*each.types, *each.directives, *each.names.specs, *each.names.types}
    prefix = next(each for each in _prefixes() if _is_unused(each, names))
    return (f"{prefix}{number}" for number in count())


def _prefixes() -> Iterator[str]:
    for length in count():
        for rest in product(f"{ascii_letters}{digits}", repeat=length):
            yield from (f"{first}{''.join(rest)}" for first in f"_{ascii_letters}")


def _is_unused(prefix: str, names: Collection[str]) -> bool:
    return not any(name.startswith(prefix) for name in names)
