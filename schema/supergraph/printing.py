"""The printer of a supergraph's SDL, which is sorted to be deterministic."""

import json
from collections.abc import Iterable, Iterator, Mapping

from graphql.language.block_string import (
    is_printable_as_block_string,
    print_block_string,
)

from weir.schema.federation.composed_specs import COMPOSED_SPECS, ComposedSpec
from weir.schema.federation.join_spec import join_directives, join_types
from weir.schema.link.links import JOIN_IDENTITY, LINK_IDENTITY
from weir.schema.link.url import FeatureUrl
from weir.schema.merging.composed import SupergraphLink
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import (
    Applied,
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)
from weir.schema.model.node_text import value_text

_LINE_WIDTH = 80


def print_supergraph(supergraph: SupergraphSchema) -> str:
    """Print a supergraph: the schema, the directives by name, the types by name."""
    directives = dict(_directive_definitions(supergraph))
    types = dict(_spec_types(supergraph))
    types |= {name: print_type(each) for name, each in supergraph.types.items()}
    blocks = (
        _print_schema(supergraph),
        *(directives[name] for name in sorted(directives)),
        *(types[name] for name in sorted(types)),
    )
    return "\n\n".join(blocks) + "\n"


def _print_schema(supergraph: SupergraphSchema) -> str:
    join = supergraph.join_version
    links = (
        SupergraphLink(url=FeatureUrl.parse(f"{LINK_IDENTITY}/v1.0")),
        SupergraphLink(
            url=FeatureUrl.parse(f"{JOIN_IDENTITY}/{join}"), purpose="EXECUTION"
        ),
        *supergraph.links,
    )
    lines = [f"  {_print_link(each)}" for each in links]
    lines += [f"  {print_applied(each)}" for each in supergraph.schema.directives]
    roots = "\n".join(
        f"  {name.lower()}: {name}"
        for name in ("Query", "Mutation", "Subscription")
        if name in supergraph.types
    )
    head = f"{print_description(supergraph.schema.description)}schema\n"
    return head + "\n".join(lines) + f"\n{{\n{roots}\n}}"


def _print_link(link: SupergraphLink) -> str:
    arguments = [f'url: "{link.url}"']
    if link.namespace:
        arguments.append(f'as: "{link.namespace}"')
    if link.purpose:
        arguments.append(f"for: {link.purpose}")
    imports = [
        f'"{name}"' if name == alias else f'{{name: "{name}", as: "{alias}"}}'
        for name, alias in link.imports.items()
    ]
    if imports:
        arguments.append(f"import: [{', '.join(imports)}]")
    return f"@link({', '.join(arguments)})"


def _directive_definitions(
    supergraph: SupergraphSchema,
) -> Iterator[tuple[str, str]]:
    yield from join_directives(supergraph.join_version)
    used = supergraph.composed.specs
    for spec in COMPOSED_SPECS:
        if any(name in used for name in spec.directives):
            namespace = _namespace(supergraph, spec)
            for name, sdl in spec.directives.items():
                default = namespace if name == spec.name else f"{namespace}__{name}"
                visible = used[name].name if name in used else default
                gap = "" if sdl.startswith("(") else " "
                definition = sdl.replace(f"{spec.name}__", f"{namespace}__")
                yield visible, f"directive @{visible}{gap}{definition}"
    for each in supergraph.directives:
        yield each.name, print_directive_definition(each)


def _spec_types(supergraph: SupergraphSchema) -> Iterator[tuple[str, str]]:
    yield from join_types(supergraph.join_version)
    yield "join__Graph", _print_graphs(supergraph)
    for spec in COMPOSED_SPECS:
        if any(name in supergraph.composed.specs for name in spec.directives):
            namespace = _namespace(supergraph, spec)
            for scalar in spec.scalars:
                name = scalar.replace(f"{spec.name}__", f"{namespace}__")
                yield name, f"scalar {name}"


def _namespace(supergraph: SupergraphSchema, spec: ComposedSpec) -> str:
    """Return the namespace of a linked spec."""
    names = (each.namespace for each in supergraph.links if str(each.url) == spec.url)
    return next(names, "") or spec.name


def _print_graphs(supergraph: SupergraphSchema) -> str:
    lines = [
        f"  {supergraph.context.graphs[each.name]} @join__graph("
        f"name: {json.dumps(each.name)}, url: {json.dumps(each.url)})"
        for each in supergraph.context.subgraphs
    ]
    return "enum join__Graph {\n" + "\n".join(lines) + "\n}"


def print_type(definition: TypeDefinition) -> str:
    """Print a type, with one applied directive per line."""
    head = f"{print_description(definition.description)}{definition.kind.value}"
    head = f"{head} {definition.name}"
    if definition.interfaces:
        head = f"{head} implements {' & '.join(definition.interfaces)}"
    applied = "".join(f"\n  {print_applied(each)}" for each in definition.directives)
    if definition.kind is Kind.UNION:
        gap = "\n " if applied else ""
        return f"{head}{applied}{gap} = {' | '.join(definition.members)}"
    lines = list(_members(definition))
    if not lines:
        return head + applied
    opening = "\n{\n" if applied else " {\n"
    return head + applied + opening + "\n".join(lines) + "\n}"


def _members(definition: TypeDefinition) -> Iterator[str]:
    for field in definition.fields.values():
        yield _print_field(field)
    for each in definition.input_fields.values():
        yield print_description(each.description, "  ") + _member(
            f"  {_bare_input_value(each)}", each.directives
        )
    for value in definition.values.values():
        yield _print_value(value)


def _print_field(field: Field) -> str:
    description = print_description(field.description, "  ")
    arguments = _print_arguments(field.arguments, "  ")
    head = f"  {field.name}{arguments}: {field.type}"
    return description + _member(head, field.directives)


def _print_value(value: EnumValue) -> str:
    description = print_description(value.description, "  ")
    return description + _member(f"  {value.name}", value.directives)


def _member(head: str, directives: Iterable[Applied]) -> str:
    """Print a member on one line, or with a line per directive if that is too long."""
    applied = [print_applied(each) for each in directives]
    line = " ".join([head, *applied])
    last = head.rpartition("\n")[2]
    if len(last) + len(line) - len(head) <= _LINE_WIDTH:
        return line
    return "\n    ".join([head, *applied])


def _print_arguments(arguments: Mapping[str, InputValue], indent: str) -> str:
    if not arguments:
        return ""
    if not any(each.description for each in arguments.values()):
        return "(" + ", ".join(_input_value(each) for each in arguments.values()) + ")"
    inner = indent + "  "
    lines = [
        print_description(each.description, inner) + inner + _input_value(each)
        for each in arguments.values()
    ]
    return "(\n" + "\n".join(lines) + f"\n{indent})"


def _input_value(value: InputValue) -> str:
    return _bare_input_value(value) + _inline(value.directives)


def _bare_input_value(value: InputValue) -> str:
    default = f" = {value_text(value.default)}" if value.default is not None else ""
    return f"{value.name}: {value.type}{default}"


def _inline(directives: Iterable[Applied]) -> str:
    return "".join(f" {print_applied(each)}" for each in directives)


def print_applied(applied: Applied) -> str:
    if not applied.arguments:
        return f"@{applied.name}"
    arguments = ", ".join(
        f"{name}: {value_text(value)}" for name, value in applied.arguments.items()
    )
    return f"@{applied.name}({arguments})"


def print_directive_definition(definition: DirectiveDefinition) -> str:
    description = print_description(definition.description)
    arguments = _print_arguments(definition.arguments, "")
    repeatable = " repeatable" if definition.repeatable else ""
    locations = " | ".join(definition.locations)
    return (
        f"{description}directive @{definition.name}{arguments}{repeatable}"
        f" on {locations}"
    )


def print_description(description: str, indent: str = "") -> str:
    """Print a description for the lines before its definition, or "" for none."""
    if not description:
        return ""
    if is_printable_as_block_string(description):
        text = print_block_string(description)
    else:
        text = json.dumps(description)
    return "".join(f"{indent}{line}\n" if line else "\n" for line in text.split("\n"))
