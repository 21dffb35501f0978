"""The errors for unknown names: of imports, versions and directives."""

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import location_of
from weir.schema.federation.specs import (
    FEATURES,
    FED1_FEATURE,
    FEDERATION_DIRECTIVES,
    NEWEST,
)
from weir.schema.link.links import FEDERATION_IDENTITY, Link, Links
from weir.schema.subgraphs.completion import Expected
from weir.schema.subgraphs.subgraph import Subgraph

_UNKNOWN_DIRECTIVE = re.compile(r"""Unknown directive ["']@(?P<name>\w+)["']""")


def unknown_imports(links: Links, subgraph: Subgraph) -> Iterator[CompositionError]:
    """Yield an error for each unknown version of federation and each unknown import."""
    for link in links:
        location = location_of(link.node, subgraph.name, subgraph.file)
        if link.url.identity == FEDERATION_IDENTITY and not _known_version(link):
            yield CompositionError(
                code=Code.UNKNOWN_FEDERATION_LINK_VERSION,
                message=(
                    f"[{subgraph.name}] Invalid version {link.url.version} for the"
                    f" federation feature in @link (newest known: {NEWEST})"
                ),
                locations=(location,),
            )
            continue
        for element in _unknown_elements(link):
            yield CompositionError(
                code=Code.INVALID_LINK_DIRECTIVE_USAGE,
                message=(
                    f'[{subgraph.name}] Cannot import unknown element "{element}" from'
                    f' "{link.url}".'
                ),
                locations=(location,),
                fix=_import_fix(element, link),
            )


def _known_version(link: Link) -> bool:
    return link.url.version.major == NEWEST.major and link.url.version <= NEWEST


def _unknown_elements(link: Link) -> Iterator[str]:
    feature = FEATURES.get(link.url.identity)
    if feature is None:
        return
    version = link.url.version
    known = {name for name, row in feature.types.items() if row.since <= version}
    known |= {
        f"@{name}"
        for name, rows in feature.directives.items()
        if rows[0].since <= version
    }
    yield from (element for element in link.imports if element not in known)


def _import_fix(element: str, link: Link) -> str:
    rows = FEDERATION_DIRECTIVES.get(element.removeprefix("@"))
    if rows and link.url.identity == FEDERATION_IDENTITY:
        newer = f"{link.url.identity}/{rows[0].since}"
        return f'{element} exists since {rows[0].since}: link "{newer}" or newer.'
    feature = FEATURES[link.url.identity]
    names = [f"@{name}" for name in feature.directives]
    close = get_close_matches(element, names, n=1)
    return f'Did you mean "{close[0]}"?' if close else ""


def explained(
    error: CompositionError, links: Links, expected: tuple[Expected, ...]
) -> CompositionError:
    """Add the name of the intended directive to an unknown directive's error."""
    match = _UNKNOWN_DIRECTIVE.search(error.message)
    if match is None:
        return error
    return replace(error, fix=_directive_fix(match["name"], links, expected))


def _directive_fix(name: str, links: Links, expected: tuple[Expected, ...]) -> str:
    federation = links.federation
    available = {item.spec for item in expected} & set(FEDERATION_DIRECTIVES)
    spec = next(iter(get_close_matches(name, FEDERATION_DIRECTIVES, n=1)), "")
    if federation is None:
        if name in FEDERATION_DIRECTIVES and name not in FED1_FEATURE.directives:
            return (
                f"@{name} exists since federation 2; this schema is a federation 1"
                f' schema. Link "{FEDERATION_IDENTITY}/{NEWEST}" and import it.'
            )
        return f'Did you mean "@{spec}"?' if spec in FED1_FEATURE.directives else ""
    if spec not in available:
        return ""
    visible = federation.directive(spec)
    if name == spec:
        return f'Use "@{visible}", or import "@{spec}" in the @link of federation.'
    return f'Did you mean "@{visible}"?'
