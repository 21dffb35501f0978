"""The directives that composition copies to the supergraph, and their names.

These are the directives of the composed specs, if a subgraph applies them, and user
directives, if `@composeDirective` names them. The names must be equal in all subgraphs,
since the supergraph has one name for each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weir.schema.diagnostics.codes import Code
from weir.schema.federation.composed_specs import COMPOSED_SPECS, REPEATABLE, SPEC_OF
from weir.schema.link.url import FeatureUrl
from weir.schema.merging.sources import Report, Source, distribution
from weir.schema.model.definitions import Applied, DirectiveDefinition, Element
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

_NEVER_APPLIED = frozenset({"fromContext"})
"""In the supergraph, `contextArguments` of the join spec replaces it."""

BUILT_IN = ("deprecated", "specifiedBy", "oneOf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedDirective:
    """A directive of the supergraph; `spec` is "" for a user's own and a built-in."""

    name: str
    spec: str = ""
    repeatable: bool = False
    definition: DirectiveDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupergraphLink:
    """An `@link` of the supergraph: a feature, and its directives' names there.

    `namespace` is set if the feature's own name cannot be used. `spec` is False for a
    user's feature, and all its directives are imported.
    """

    url: FeatureUrl
    directives: Mapping[str, str] = field(default_factory=dict[str, str])
    purpose: str = ""
    namespace: str = ""
    is_spec: bool = True

    @property
    def imports(self) -> Mapping[str, str]:
        """Return the elements whose supergraph names do not follow from the link."""
        return {
            f"@{element}": f"@{name}"
            for element, name in self.directives.items()
            if not self.is_spec or name != self._full_name(element)
        }

    def _full_name(self, element: str) -> str:
        namespace = self.namespace or self.url.name
        return namespace if element == self.url.name else f"{namespace}__{element}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedDirectives:
    """The directives of the supergraph, and their links.

    `specs` has them by federation's names, `custom` by subgraph and local name.
    """

    specs: Mapping[str, ComposedDirective] = field(
        default_factory=dict[str, ComposedDirective]
    )
    custom: Mapping[tuple[str, str], ComposedDirective] = field(
        default_factory=dict[tuple[str, str], ComposedDirective]
    )
    links: tuple[SupergraphLink, ...] = ()

    def directive(
        self, subgraph: SubgraphSchema, applied: Applied
    ) -> ComposedDirective | None:
        """Return the supergraph's directive, or None if the application is dropped."""
        if applied.spec:
            return self.specs.get(applied.spec)
        if applied.name in BUILT_IN:
            return ComposedDirective(name=applied.name)
        return self.custom.get((subgraph.name, applied.name))


def elements_of(subgraph: SubgraphSchema) -> Iterator[Element]:
    """Yield all elements of a subgraph that can have directives, with the schema."""
    yield subgraph.schema
    for definition in subgraph.types.values():
        yield definition
        yield from definition.values.values()
        yield from definition.input_fields.values()
        for each in definition.fields.values():
            yield each
            yield from each.arguments.values()


def composed_specs(
    subgraphs: Iterable[SubgraphSchema], report: Report
) -> tuple[dict[str, ComposedDirective], tuple[SupergraphLink, ...]]:
    """Return the specs' directives that are in use, and their links."""
    uses: dict[str, dict[str, Source[Element]]] = {}
    for subgraph in subgraphs:
        for element in elements_of(subgraph):
            for applied in element.directives:
                if applied.spec in SPEC_OF or applied.spec == "cacheTag":
                    source = Source(subgraph, _as_element(applied))
                    uses.setdefault(applied.spec, {}).setdefault(subgraph.name, source)
    directives = {
        spec: _named(spec, tuple(uses[spec].values()), report)
        for spec in SPEC_OF
        if spec in uses and spec not in _NEVER_APPLIED
    }
    return directives, tuple(_links(directives, uses))


def _as_element(applied: Applied) -> Element:
    return Element(name=applied.name, node=applied.node)


def _named(
    spec: str, sources: tuple[Source[Element], ...], report: Report
) -> ComposedDirective:
    names = {each.element.name for each in sources}
    if len(names) > 1:
        listed = distribution(
            sources, lambda each: f'"@{each.element.name}"', verb="is imported as"
        )
        report.error(
            Code.LINK_IMPORT_NAME_MISMATCH,
            f'The "@{spec}" directive is imported with mismatched name between'
            f" subgraphs: {listed}",
            sources,
            fix=f"Import @{spec} under one name in all subgraphs.",
        )
    name = sources[0].element.name
    return ComposedDirective(name=name, spec=spec, repeatable=spec in REPEATABLE)


def _links(
    directives: Mapping[str, ComposedDirective], uses: Mapping[str, object]
) -> Iterator[SupergraphLink]:
    for spec in COMPOSED_SPECS:
        used = [name for name in spec.directives if name in directives]
        if used or (spec.name == "cacheTag" and "cacheTag" in uses):
            yield SupergraphLink(
                url=FeatureUrl.parse(spec.url),
                directives={name: directives[name].name for name in used},
                purpose=spec.purpose,
            )
