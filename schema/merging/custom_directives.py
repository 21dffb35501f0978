"""`@composeDirective`: the user directives in the supergraph.

The name must begin with "@" and belong to a linked feature that is not one of
federation's specs. A feature can only be composed in one major version, and a directive
under one name. The definition of the newest minor version is used.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.hints import Hint
from weir.schema.federation.composed_specs import SPEC_OF
from weir.schema.link.links import (
    CORE_IDENTITY,
    FEDERATION_IDENTITY,
    JOIN_IDENTITY,
    SPECS,
    Link,
)
from weir.schema.link.links import LINK_IDENTITY as LINK
from weir.schema.merging.composed import ComposedDirective, SupergraphLink
from weir.schema.merging.sources import Report, Source, in_subgraphs
from weir.schema.model.definitions import Applied, DirectiveDefinition, Element
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

_OWN = frozenset({FEDERATION_IDENTITY, LINK, CORE_IDENTITY, JOIN_IDENTITY})
_COMPOSED_ANYWAY = frozenset(
    f"{SPECS}/{name}"
    for name in ("tag", "inaccessible", "authenticated", "requiresScopes", "policy")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A valid `@composeDirective`; `element` is the directive's name in its feature."""

    subgraph: SubgraphSchema
    link: Link
    element: str
    definition: DirectiveDefinition
    applied: Applied

    @property
    def source(self) -> Source[Element]:
        node = self.applied.node
        return Source(self.subgraph, Element(name=self.definition.name, node=node))


def composed_customs(
    subgraphs: tuple[SubgraphSchema, ...], report: Report
) -> tuple[dict[tuple[str, str], ComposedDirective], tuple[SupergraphLink, ...]]:
    """Return the composed user directives, by subgraph and name, and their links."""
    found = [each for subgraph in subgraphs for each in _requests(subgraph, report)]
    requests = [each for each in found if _agrees(each, found, report)]
    directives: dict[tuple[str, str], ComposedDirective] = {}
    for each in requests:
        definition = _newest_definition(each, requests)
        if definition is None:
            _report_undefined(each, requests, report)
            continue
        name = each.definition.name
        _hint_other_names(each, requests, subgraphs, report)
        directives[each.subgraph.name, name] = ComposedDirective(
            name=name, repeatable=definition.repeatable, definition=definition
        )
    return directives, tuple(_links(requests))


def _newest(request: _Request, requests: Iterable[_Request]) -> list[_Request]:
    """Return the requests for a feature in its newest composed version."""
    same = [
        each for each in requests if each.link.url.identity == request.link.url.identity
    ]
    version = max(each.link.url.version for each in same)
    return [each for each in same if each.link.url.version == version]


def _newest_definition(
    request: _Request, requests: Iterable[_Request]
) -> DirectiveDefinition | None:
    """Return the definition of a directive in the feature's newest version, if any."""
    for each in reversed(_newest(request, requests)):
        definition = each.subgraph.directives.get(each.link.directive(request.element))
        if definition is not None:
            return definition
    return None


def _report_undefined(
    request: _Request, requests: Iterable[_Request], report: Report
) -> None:
    newest = _newest(request, requests)
    where = in_subgraphs([each.subgraph.name for each in newest])
    report.error(
        Code.DIRECTIVE_COMPOSITION_ERROR,
        f'"{newest[0].link.url}" in {where} does not have a directive definition for'
        f' "@{request.definition.name}"',
        [request.source, *(each.source for each in newest)],
        fix=f'Define "@{request.element}" of that version in {where}.',
    )


def _hint_other_names(
    request: _Request,
    requests: Iterable[_Request],
    subgraphs: Iterable[SubgraphSchema],
    report: Report,
) -> None:
    """Warn if a subgraph that does not compose a directive has another name for it."""
    composing = {
        each.subgraph.name for each in requests if each.element == request.element
    }
    for subgraph in subgraphs:
        link = subgraph.links.feature(request.link.url.identity)
        own = f"@{request.definition.name}"
        name = link.imports.get(f"@{request.element}", own) if link else own
        if name != own and subgraph.name not in composing:
            hint = Hint(
                "DIRECTIVE_COMPOSITION_WARN",
                f'Composed directive "@{request.definition.name}" is named differently'
                f' in subgraph "{subgraph.name}", which does not compose it: it could'
                " not be composed there under that name.",
                f"@{request.definition.name}",
            )
            report.hint_once(hint)


def hint_major_versions(
    subgraphs: tuple[SubgraphSchema, ...],
    customs: Mapping[tuple[str, str], ComposedDirective],
    report: Report,
) -> None:
    """Warn of a feature with several linked major versions, some not composed."""
    versions: dict[str, set[int]] = {}
    uncomposed: set[str] = set()
    for subgraph in subgraphs:
        for link in subgraph.links:
            identity = link.url.identity
            if identity in _OWN:
                continue
            versions.setdefault(identity, set()).add(link.url.version.major)
            if not any(
                name == subgraph.name and link.element(directive) is not None
                for name, directive in customs
            ):
                uncomposed.add(identity)
    for identity, majors in versions.items():
        if len(majors) > 1 and identity in uncomposed:
            report.hint(
                "DIRECTIVE_COMPOSITION_INFO",
                identity,
                f'Non-composed core feature "{identity}" has major version mismatch'
                " across subgraphs",
            )


def check_names(
    subgraphs: tuple[SubgraphSchema, ...],
    customs: Mapping[tuple[str, str], ComposedDirective],
    specs: Mapping[str, ComposedDirective],
    report: Report,
) -> None:
    """Report a user's directive that has the name of a spec's in the supergraph."""
    taken = {each.name: spec for spec, each in specs.items()}
    for subgraph in subgraphs:
        clashing = [name for name in taken if (subgraph.name, name) in customs]
        for name in clashing:
            source = Source(subgraph, subgraph.directives[name])
            report.error(
                Code.DIRECTIVE_COMPOSITION_ERROR,
                f'Directive "@{name}" in subgraph "{subgraph.name}" cannot be composed:'
                f' other subgraphs use federation\'s "@{taken[name]}" under that name',
                [source],
                fix="Import one of them under another name with `as`.",
            )


def _links(requests: Iterable[_Request]) -> Iterator[SupergraphLink]:
    by_feature: dict[str, list[_Request]] = {}
    for each in requests:
        by_feature.setdefault(each.link.url.identity, []).append(each)
    for group in by_feature.values():
        url = max((each.link.url for each in group), key=lambda url: url.version)
        directives = {each.element: each.definition.name for each in group}
        yield SupergraphLink(url=url, directives=directives, is_spec=False)


def _requests(subgraph: SubgraphSchema, report: Report) -> Iterator[_Request]:
    for applied in subgraph.schema.directives:
        if applied.spec == "composeDirective":
            request = _request(subgraph, applied, report)
            if request is not None:
                yield request


def _request(
    subgraph: SubgraphSchema, applied: Applied, report: Report
) -> _Request | None:
    argument = applied.text("name") or ""
    name = argument.removeprefix("@")
    owner = subgraph.links.owner(name)
    definition = subgraph.directives.get(name)
    problem = ""
    if not argument.startswith("@"):
        problem = (
            f'Argument to @composeDirective "{argument}" in subgraph'
            f' "{subgraph.name}" must have a leading "@"'
        )
    elif definition is None and name not in subgraph.names.specs:
        problem = (
            f'Could not find matching directive definition for "{argument}" of'
            f' @composeDirective in subgraph "{subgraph.name}"'
        )
    elif owner is None:
        problem = (
            f'Directive "{argument}" in subgraph "{subgraph.name}" cannot be composed'
            " because it is not a member of a core feature"
        )
    elif owner[0].url.identity in _OWN | _COMPOSED_ANYWAY:
        _report_composed_anyway(owner, subgraph, applied, report)
        return None
    if not problem and owner is not None and definition is not None:
        link, element = owner
        return _Request(
            subgraph=subgraph,
            link=link,
            element=element,
            definition=definition,
            applied=applied,
        )
    source = Source(subgraph, Element(name=name, node=applied.node))
    report.error(
        Code.DIRECTIVE_COMPOSITION_ERROR,
        problem,
        [source],
        fix=f'Link a feature of your own that imports "@{name}", and define it.',
    )
    return None


def _report_composed_anyway(
    owner: tuple[Link, str], subgraph: SubgraphSchema, applied: Applied, report: Report
) -> None:
    """Report a spec's own directive: a hint if it is composed anyway, else an error."""
    link, element = owner
    argument = applied.text("name") or ""
    if element in SPEC_OF and link.url.identity not in {LINK, JOIN_IDENTITY}:
        report.hint(
            "DIRECTIVE_COMPOSITION_INFO",
            argument,
            f'Directive "{argument}" should not be explicitly manually composed in'
            f' subgraph "{subgraph.name}" since it is a federation directive composed'
            " by default",
        )
        return
    source = Source(subgraph, Element(name=argument, node=applied.node))
    report.error(
        Code.DIRECTIVE_COMPOSITION_ERROR,
        f'Composing federation directive "{argument}" in subgraph "{subgraph.name}" is'
        " not supported",
        [source],
        fix="Remove this @composeDirective.",
    )


def _agrees(request: _Request, requests: list[_Request], report: Report) -> bool:
    """Return whether a request agrees with all before it; report the first conflict."""
    index = requests.index(request)
    for other in requests[:index]:
        problem = _clash(other, request)
        if problem:
            sources = [other.source, request.source]
            report.error(Code.DIRECTIVE_COMPOSITION_ERROR, problem, sources)
            return False
    return True


def _clash(one: _Request, other: _Request) -> str:
    where = in_subgraphs([one.subgraph.name, other.subgraph.name])
    same_feature = one.link.url.identity == other.link.url.identity
    if same_feature and one.link.url.version.major != other.link.url.version.major:
        return (
            f'Core feature "{one.link.url.identity}" requested to be merged has major'
            f" version mismatch across {where}"
        )
    same_name = one.definition.name == other.definition.name
    same_directive = same_feature and one.element == other.element
    if same_name and not same_directive:
        return (
            f'Composed directive "@{one.definition.name}" belongs to two different'
            f' features, "{one.link.url}" and "{other.link.url}", in {where}'
        )
    if same_directive and not same_name:
        return (
            f'Composed directive "@{one.element}" of "{one.link.url.identity}" is named'
            f' differently in {where}: "@{one.definition.name}" and'
            f' "@{other.definition.name}"'
        )
    return ""
