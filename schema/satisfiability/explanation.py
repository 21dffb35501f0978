"""The errors of satisfiability: a query that fails, and the reason per subgraph."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.hints import Hint
from weir.schema.diagnostics.locations import Location
from weir.schema.merging.sources import quoted
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import InputValue, Kind
from weir.schema.model.type_refs import ListOf, NonNull, TypeRef, base_name, is_list
from weir.schema.satisfiability.reach import Reach
from weir.schema.satisfiability.tables import Resolver, bits
from weir.schema.satisfiability.traversal import DeadEnd, Finding, Mismatch, Step
from weir.schema.validation.merged_rules.inaccessible import locations


@dataclass(frozen=True, slots=True)
class Explanation:
    supergraph: SupergraphSchema
    reach: Reach

    def cause(self, finding: Finding) -> str:
        """Return a text that is equal for findings with the same cause."""
        if isinstance(finding, Mismatch):
            return finding.coordinate
        reasons = "\n".join(self._reasons(finding))
        what = _coordinate(finding) if finding.step.field else finding.step.target
        generic = reasons.replace(f'"{what}"', '"*"')
        return f"{finding.step.parent}\n{generic}"

    def error(self, findings: Sequence[Finding]) -> CompositionError:
        """Return the error for findings of one cause, with the first one's query."""
        first, *others = findings
        if isinstance(first, Mismatch):
            return self._mismatch(first)
        reasons = "\n".join(f"- {each}" for each in dict.fromkeys(self._reasons(first)))
        own = _coordinate(first)
        alike = sorted(
            {_coordinate(each) for each in others if isinstance(each, DeadEnd)} - {own}
        )
        also = f"\nThe same holds for {quoted(alike)}." if alike else ""
        return CompositionError(
            code=Code.SATISFIABILITY_ERROR,
            message=(
                "The following supergraph API query:\n"
                f"{witness(self.supergraph, first.step)}\n"
                "cannot be satisfied by the subgraphs because:\n"
                f"{reasons}{also}"
            ),
            locations=self._locations(own, first.step.parent),
            fix=self._fix(first),
        )

    def _name(self, number: int) -> str:
        return self.reach.tables.names[number]

    def _locations(self, coordinate: str, parent: str) -> tuple[Location, ...]:
        return tuple(locations(self.supergraph, coordinate)) or tuple(
            locations(self.supergraph, parent)
        )

    def hint(self, finding: Mismatch) -> Hint:
        """Return the hint for a field whose runtime types differ but overlap."""
        return Hint(
            "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
            f'For the following supergraph API field, "{finding.coordinate}", shared in'
            f' several subgraphs, the runtime types of "{finding.target}" differ:'
            f" {', '.join(self._runtime_types(finding))}. An object of a type that"
            " only some of them know can be lost.",
            finding.coordinate,
        )

    def _runtime_types(self, finding: Mismatch) -> Iterator[str]:
        for number, names in finding.types.items():
            yield f'{quoted(sorted(names))} in subgraph "{self._name(number)}"'

    def _mismatch(self, finding: Mismatch) -> CompositionError:
        listed = "\n".join(f"- {each}" for each in self._runtime_types(finding))
        return CompositionError(
            code=Code.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
            message=(
                f'Shared field "{finding.coordinate}" return type "{finding.target}"'
                " has a non-intersecting set of possible runtime types across"
                f" subgraphs. Runtime types in subgraphs are:\n{listed}\nThis is not"
                " allowed as shared fields must resolve the same way in all subgraphs,"
                " and that imply at least some common runtime types between the"
                " subgraphs."
            ),
            locations=tuple(locations(self.supergraph, finding.coordinate)),
            fix="Give the type a common member in all of these subgraphs.",
        )

    def _reasons(self, finding: DeadEnd) -> Iterator[str]:
        parent, field = finding.step.parent, finding.step.field
        for number in bits(self._from(finding)):
            name = self._name(number)
            if field:
                why = self._why_not_here(finding, number)
                yield f'from subgraph "{name}": {why}'
            else:
                yield (
                    f'from subgraph "{name}": cannot tell whether "{parent}" is'
                    f' "{finding.step.target}": it is an @interfaceObject there, and no'
                    f' reachable subgraph has a @key on interface "{parent}"'
                )
            for other in self._others(finding, number):
                why = self._why_no_move(parent, number, other)
                yield f'from subgraph "{name}": {why}'

    def _from(self, finding: DeadEnd) -> int:
        positions = finding.state.positions
        return self.reach.reached(finding.step.parent, positions)

    def _others(self, finding: DeadEnd, number: int) -> Iterator[int]:
        """Yield the subgraphs that have the field but cannot be reached."""
        table = self.reach.tables.types[finding.step.parent]
        field = table.fields.get(finding.step.field)
        reached = self._from(finding)
        for other in field.resolvers if field else ():
            if other != number and not reached >> other & 1:
                yield other

    def _why_not_here(self, finding: DeadEnd, number: int) -> str:
        parent, field = finding.step.parent, finding.step.field
        coordinate = f"{parent}.{field}"
        subgraph = self.supergraph.context.subgraphs[number]
        table = self.reach.tables.types[parent].fields[field]
        resolver = table.resolvers.get(number)
        if resolver is not None:
            return self._why_not_resolved(finding, resolver)
        known = subgraph.types.get(parent)
        if known is None or field not in known.fields:
            return f'cannot find field "{coordinate}".'
        if subgraph.facts.is_external(coordinate):
            return f'field "{coordinate}" is not resolvable because marked @external.'
        return f'field "{coordinate}" is not resolvable because it is overridden.'

    def _why_not_resolved(self, finding: DeadEnd, resolver: Resolver) -> str:
        parent, field, number = (
            finding.step.parent,
            finding.step.field,
            resolver.subgraph,
        )
        coordinate, label = f"{parent}.{field}", resolver.label
        if label is not None and label not in finding.labels:
            return (
                f'field "{coordinate}" is not resolvable while override label'
                f' "{label[0]}" is {"inactive" if label[1] else "active"}.'
            )
        if not self.reach.has_way_back(parent, number):
            return (
                f"cannot satisfy @require conditions on field"
                f' "{coordinate}" (please ensure that at least one key of type'
                f' "{parent}" is resolvable in this subgraph).'
            )
        if resolver.contexts and self.reach.resolving(parent, field) >> number & 1:
            return (
                f'cannot satisfy the contextual arguments of field "{coordinate}": no'
                " ancestor on this path sets the context with what they select."
            )
        return (
            f'cannot satisfy @require conditions on field "{coordinate}": the required'
            " fields cannot be resolved from here (a field with an override label"
            " cannot be required)."
        )

    def _why_no_move(self, parent: str, number: int, other: int) -> str:
        keys = [
            key
            for key in self.reach.tables.types[parent].keys
            if key.entries >> other & 1
        ]
        target = self._name(other)
        if not keys:
            return (
                f'cannot move to subgraph "{target}" because type "{parent}" has no'
                f" resolvable @key defined in that subgraph."
            )
        listed = " or ".join(f'@key(fields: "{key.text}")' for key in keys)
        return (
            f'cannot move to subgraph "{target}" using {listed} of "{parent}", the key'
            f' field(s) cannot be resolved from subgraph "{self._name(number)}".'
        )

    def _fix(self, finding: DeadEnd) -> str:
        parent, field = finding.step.parent, finding.step.field
        table = self.reach.tables.types[parent]
        resolvers = table.fields[field].resolvers if field else None
        if not resolvers:
            return f'Give interface "{parent}" a @key where it is an interface.'
        reached = self._from(finding)
        for number in resolvers:
            if reached >> number & 1:
                return self._requirement_fix(parent, number)
        owners = quoted(self._name(number) for number in resolvers)
        here = self._name(next(bits(reached)))
        known = [
            f'@key(fields: "{key.text}")'
            for key in table.keys
            if self.reach.satisfied(parent, finding.state.positions, key.selections)
        ]
        if known:
            return f'Give "{parent}" in {owners} the {known[0]} that "{here}" knows.'
        if not table.keys:
            return (
                f'Give "{parent}" a @key in subgraph {owners}, or resolve'
                f' "{parent}.{field}" (with @shareable) where the query starts.'
            )
        fields = " or ".join(f'"{key.text}"' for key in table.keys)
        return (
            f'Resolve the key fields ({fields}) of "{parent}" in subgraph "{here}"'
            f' too, or give it in {owners} a @key of what "{here}" resolves.'
        )

    def _requirement_fix(self, parent: str, number: int) -> str:
        name = self._name(number)
        if self.reach.has_way_back(parent, number):
            return (
                f'Let subgraph "{name}" get at the required fields: give "{parent}" a'
                " @key there that their subgraph can be entered by."
            )
        return (
            f'Give "{parent}" in subgraph "{name}" a resolvable @key whose fields it'
            " resolves itself (they may not be @external there)."
        )


def _coordinate(finding: DeadEnd) -> str:
    return f"{finding.step.parent}.{finding.step.field or finding.step.target}"


def witness(supergraph: SupergraphSchema, last: Step) -> str:
    """Return the query of a failure, with placeholders for its arguments."""
    steps: list[Step] = []
    step: Step | None = last
    while step is not None:
        steps.append(step)
        step = step.previous
    steps.reverse()
    root = steps[0].parent
    operation = "" if root == "Query" else f"{root.lower()} "
    lines = [f"{operation}{{"]
    lines += [
        f"{'  ' * depth}{_line(supergraph, each)}" + ("" if each is last else " {")
        for depth, each in enumerate(steps, start=1)
    ]
    if not last.field or _is_composite(supergraph, last):
        lines[-1] += " {"
        lines += [f"{'  ' * (len(steps) + 1)}..."]
        lines += [f"{'  ' * len(steps)}}}"]
    lines += [f"{'  ' * depth}}}" for depth in range(len(steps) - 1, -1, -1)]
    return "\n".join(lines)


def _is_composite(supergraph: SupergraphSchema, step: Step) -> bool:
    target = supergraph.types.get(step.target)
    return target is not None and target.kind in {
        Kind.OBJECT,
        Kind.INTERFACE,
        Kind.UNION,
    }


def _line(supergraph: SupergraphSchema, step: Step) -> str:
    if not step.field:
        return f"... on {step.target}"
    field = supergraph.types[step.parent].fields[step.field]
    required = [each for each in field.arguments.values() if each.required]
    if not required:
        return step.field
    values = ", ".join(
        f"{each.name}: {_placeholder(supergraph, each)}" for each in required
    )
    return f"{step.field}({values})"


_SCALARS = {"Int": "0", "Float": "0.0", "Boolean": "true", "ID": '"<any id>"'}


def _placeholder(supergraph: SupergraphSchema, value: InputValue) -> str:
    return _value(supergraph, value.type, depth=0)


_MAX_INPUT_DEPTH = 4


def _value(supergraph: SupergraphSchema, ref: TypeRef, *, depth: int) -> str:
    if is_list(ref):
        inner = ref.of if isinstance(ref, NonNull) else ref
        assert isinstance(inner, ListOf)
        return f"[{_value(supergraph, inner.of, depth=depth)}]"
    definition = supergraph.types.get(base_name(ref))
    if definition is None or definition.kind is Kind.SCALAR:
        return _SCALARS.get(base_name(ref), '"A string value"')
    if definition.kind is Kind.ENUM:
        return next(iter(definition.values), "null")
    if depth == _MAX_INPUT_DEPTH:
        return "{}"
    fields = ", ".join(
        f"{each.name}: {_value(supergraph, each.type, depth=depth + 1)}"
        for each in definition.input_fields.values()
        if each.required
    )
    return f"{{{fields}}}"
